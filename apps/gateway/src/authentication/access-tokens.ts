import { createHash } from 'node:crypto';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { OwnTokens } from '@sallyport/identity';
import { z } from 'zod';

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
  readonly #tokens: OwnTokens;
  readonly #known = new Map<string, AccessTokenClaims>();

  constructor(private readonly settings: PolicySnapshot['tokens']) {
    // RFC 9068 §2.1: no other kind of token of this issuer passes for an access token.
    this.#tokens = new OwnTokens({ ...settings, type: 'at+jwt', algorithm: 'EdDSA' });
  }

  get issuer(): string {
    return this.settings.issuer;
  }

  /** @param now milliseconds since the epoch. */
  verify(token: string, now: number): AccessTokenOutcome {
    const digest = createHash('sha256').update(token, 'utf8').digest('base64');
    const known = this.#known.get(digest);
    if (known && now < known.exp * 1000) return { ok: true, claims: known };
    this.#known.delete(digest);
    const verified = this.#tokens.verify(token, now);
    if (!verified.ok) return verified;
    const claims = claimsShape.safeParse(verified.claims).data;
    if (!claims) return { ok: false, reason: 'token-claims' };
    this.#remember(digest, claims);
    return { ok: true, claims };
  }

  #remember(digest: string, claims: AccessTokenClaims): void {
    if (this.#known.size >= maxRemembered) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
    }
    this.#known.set(digest, claims);
  }
}
