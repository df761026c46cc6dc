import type { Claims } from './issuer-config.js';
import type { TokenRefusal } from './refusal.js';
import { algorithmNamed, type SignatureAlgorithm } from './token/algorithm.js';
import { KeySet } from './token/key-set.js';
import { maxTokenLength, parseToken } from './token/parse-token.js';
import { checkRegistered } from './token/registered-claims.js';

export interface OwnTokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Public keys. */
  readonly jwks: readonly Readonly<Record<string, unknown>>[];
  /** The one `typ` that counts, lower case: no other kind of token of this issuer passes for this one (RFC 9068 §2.1). */
  readonly type: string;
  readonly algorithm: SignatureAlgorithm;
}

export type OwnTokenOutcome =
  { readonly ok: true; readonly claims: Claims } | { readonly ok: false; readonly reason: TokenRefusal };

/** Verifies one kind of token of one issuer that is ourselves: no rules, no presets, the same strictness. */
export class OwnTokens {
  readonly #keys: KeySet;
  readonly #audience: ReadonlySet<string>;

  constructor(private readonly settings: OwnTokenSettings) {
    this.#keys = new KeySet(settings.jwks);
    this.#audience = new Set([settings.audience]);
  }

  /** Never throws. What the other claims mean is for the caller to see. @param now milliseconds since 1970. */
  verify(token: string, now: number): OwnTokenOutcome {
    try {
      return this.#verify(token, now);
    } catch {
      return { ok: false, reason: 'internal' };
    }
  }

  #verify(token: string, now: number): OwnTokenOutcome {
    const refused = (reason: TokenRefusal): OwnTokenOutcome => ({ ok: false, reason });
    if (token.length > maxTokenLength) return refused('too-large');
    const parsed = parseToken(token);
    if (typeof parsed === 'string') return refused(parsed);
    const algorithm = parsed.algorithm === this.settings.algorithm ? algorithmNamed(parsed.algorithm) : undefined;
    if (!algorithm) return refused('algorithm');
    if (parsed.type !== this.settings.type) return refused('type');
    if (parsed.claims['iss'] !== this.settings.issuer) return refused('unknown-issuer');
    const key = this.#keys.select(algorithm, parsed.keyId);
    if (typeof key === 'string') return refused(key);
    if (!algorithm.verify(parsed.input, key, parsed.signature)) return refused('signature');
    const registered = checkRegistered(parsed.claims, this.#audience, now);
    return typeof registered === 'string' ? refused(registered) : { ok: true, claims: parsed.claims };
  }
}
