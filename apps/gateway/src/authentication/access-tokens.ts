import { createHash } from 'node:crypto';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { createLocalJWKSet, errors, jwtVerify, type JWK } from 'jose';
import { z } from 'zod';

/** Clocks may differ this much. Seconds. */
const allowedSkew = 30;
const maxRemembered = 2048;

const text = z.string().min(1);
const claimsShape = z.object({
  sub: text,
  cid: text,
  jti: text,
  iat: z.int(),
  exp: z.int(),
  // Strict: a chain of actors (RFC 8693 §4.1) would nest another one here.
  act: z.strictObject({ sub: text, cid: text }).optional(),
  fed: z.strictObject({ iss: text, sub: text, groups: z.array(text) }).optional(),
  res: z.array(text).optional(),
  acts: z.array(text).optional(),
});
export type AccessTokenClaims = z.infer<typeof claimsShape>;

export type AccessTokenOutcome =
  { readonly ok: true; readonly claims: AccessTokenClaims } | { readonly ok: false; readonly reason: string };

/**
 * Verifies the control plane's access tokens by the keys of one snapshot. What was verified is remembered by the token's
 * SHA-256, so that whoever connects often costs one signature; times are looked at again on every use.
 */
export class AccessTokens {
  readonly #keys: ReturnType<typeof createLocalJWKSet>;
  readonly #known = new Map<string, AccessTokenClaims>();

  constructor(private readonly settings: PolicySnapshot['tokens']) {
    this.#keys = createLocalJWKSet({ keys: settings.jwks as unknown as JWK[] });
  }

  get issuer(): string {
    return this.settings.issuer;
  }

  /** @param now milliseconds since the epoch. */
  async verify(token: string, now: number): Promise<AccessTokenOutcome> {
    const digest = createHash('sha256').update(token, 'utf8').digest('base64');
    const known = this.#known.get(digest);
    if (known && now < (known.exp + allowedSkew) * 1000) return { ok: true, claims: known };
    this.#known.delete(digest);
    try {
      const claims = await this.#verified(token, now);
      if (!claims) return { ok: false, reason: 'token-claims' };
      this.#remember(digest, claims);
      return { ok: true, claims };
    } catch (error) {
      return { ok: false, reason: error instanceof errors.JOSEError ? error.code : 'token-unreadable' };
    }
  }

  async #verified(token: string, now: number): Promise<AccessTokenClaims | undefined> {
    const { issuer, audience } = this.settings;
    const { payload } = await jwtVerify(token, this.#keys, {
      algorithms: ['EdDSA'],
      issuer,
      audience,
      // RFC 9068 §2.1: no other kind of token of this issuer passes for an access token.
      typ: 'at+jwt',
      requiredClaims: ['sub', 'exp', 'iat', 'cid', 'jti'],
      clockTolerance: allowedSkew,
      currentDate: new Date(now),
    });
    // Issued later than now: by another clock than the one that everything here is measured by.
    if (typeof payload.iat !== 'number' || payload.iat * 1000 > now + allowedSkew * 1000) return undefined;
    return claimsShape.safeParse(payload).data;
  }

  #remember(digest: string, claims: AccessTokenClaims): void {
    if (this.#known.size >= maxRemembered) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
    }
    this.#known.set(digest, claims);
  }
}
