import { createHash } from 'node:crypto';
import type { Authenticated } from '@sallyport/enforcement';
import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import type { PolicyCache } from './policy/policy-cache.js';
import type { KnownKey, Revision } from './policy/revision.js';

/** Longer ones are not looked at. Characters. */
const maxCredentialLength = 16 * 1024;
/** Clocks may differ this much. Seconds. */
const allowedSkew = 30;

/**
 * Who a credential proves, from the signed snapshot alone: a service-account key by its hash, or an access token by the
 * control plane's keys. A token is as good as the key it was issued for: without the key it proves nobody.
 */
export class Authenticator {
  /** Imported keys, per revision. */
  readonly #keySets = new WeakMap<Revision, ReturnType<typeof createLocalJWKSet>>();

  constructor(private readonly policies: PolicyCache) {}

  async authenticate(credential: string): Promise<Authenticated | undefined> {
    const revision = this.policies.current;
    if (!revision || credential.length > maxCredentialLength) return undefined;
    if (credential.startsWith('sp_')) return byKey(revision, credential);
    return this.#byToken(revision, credential);
  }

  async #byToken(revision: Revision, token: string): Promise<Authenticated | undefined> {
    const { issuer, audience } = revision.snapshot.tokens;
    try {
      const { payload } = await jwtVerify(token, this.#keys(revision), {
        algorithms: ['EdDSA'],
        issuer,
        audience,
        // RFC 9068 §2.1: no other kind of token of this issuer passes for an access token.
        typ: 'at+jwt',
        requiredClaims: ['sub', 'exp', 'iat', 'cid'],
        clockTolerance: allowedSkew,
      });
      const key = typeof payload['cid'] === 'string' ? revision.keyById(payload['cid']) : undefined;
      if (!key || payload.sub !== `ServiceAccount::${key.account}`) return undefined;
      return proven(this.policies.current, key.id);
    } catch {
      return undefined;
    }
  }

  #keys(revision: Revision): ReturnType<typeof createLocalJWKSet> {
    let keys = this.#keySets.get(revision);
    if (!keys) {
      keys = createLocalJWKSet({ keys: revision.snapshot.tokens.jwks as unknown as JWK[] });
      this.#keySets.set(revision, keys);
    }
    return keys;
  }
}

/** Found by its SHA-256: what a comparison's timing could tell is about a hash nobody can steer, not about the key. */
function byKey(revision: Revision, credential: string): Authenticated | undefined {
  const hash = createHash('sha256').update(credential, 'utf8').digest('hex');
  const key = revision.keyByHash(hash);
  return key ? proven(revision, key.id) : undefined;
}

/** Also what a live session is held against whenever a new revision arrives. */
export function proven(revision: Revision | undefined, credentialId: string): Authenticated | undefined {
  const key = revision?.keyById(credentialId);
  if (!revision || !key || !usable(key)) return undefined;
  return { principal: revision.serviceAccount(key.account), credentialId };
}

export function usable(key: KnownKey): boolean {
  return !key.disabled && Date.now() < key.expiresAt;
}
