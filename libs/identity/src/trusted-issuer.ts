import type { CompiledRule } from './claims/compiled-rule.js';
import { compileRule } from './claims/compiled-rule.js';
import type { Claims, IssuerConfig } from './issuer-config.js';
import { checkIssuer, checkRule } from './presets/check-issuer-rules.js';
import type { Preset } from './presets/preset.js';
import { presetNamed } from './presets/presets.js';
import type { TokenRefusal } from './refusal.js';
import { algorithmNamed } from './token/algorithm.js';
import { KeySet } from './token/key-set.js';
import type { ParsedToken } from './token/parse-token.js';
import { checkAudience, checkRegistered, isSubject, type Registered } from './token/registered-claims.js';

/** Who a token proves. */
export type ProvenPrincipal =
  | { readonly kind: 'ServiceAccount'; readonly name: string }
  /** `issuer` is the name of the declared issuer. */
  | { readonly kind: 'User'; readonly issuer: string; readonly subject: string };

export interface Matched {
  readonly principal: ProvenPrincipal;
  /** Which rule fitted, from 0. */
  readonly rule: number;
}

/** One configured issuer, worked out when its first token comes: most revisions change no issuer and see no token. */
export class TrustedIssuer {
  readonly keysValidUntil: number;
  readonly #preset: Preset | undefined;
  readonly #audience: ReadonlySet<string>;
  #keys: KeySet | undefined;
  #rules: readonly CompiledRule[] | undefined;

  constructor(readonly config: IssuerConfig) {
    this.keysValidUntil = Date.parse(config.keysValidUntil);
    this.#audience = new Set(config.audience);
    const preset = presetNamed(config.preset);
    this.#preset = preset && checkIssuer(config, preset).length === 0 ? preset : undefined;
  }

  /** Whether the claims are for us; a reason if not. */
  audienceRefusal(claims: Claims): TokenRefusal | undefined {
    return checkAudience(claims, this.#audience);
  }

  /** Everything that makes a token genuine and current, signature included. `now` in milliseconds since 1970. */
  checkToken(token: ParsedToken, now: number): Registered | TokenRefusal {
    if (!this.#preset) return 'issuer-settings';
    // NaN, from a date that cannot be read, is not greater than anything.
    if (!(this.keysValidUntil > now)) return 'keys-stale';
    if (!this.#preset.types.includes(token.type)) return 'type';
    const algorithm = this.config.algorithms.includes(token.algorithm) ? algorithmNamed(token.algorithm) : undefined;
    if (!algorithm) return 'algorithm';
    this.#keys ??= new KeySet(this.config.jwks, this.#preset.keyUses);
    const key = this.#keys.select(algorithm, token.keyId);
    if (typeof key === 'string') return key;
    if (!algorithm.verify(token.input, key, token.signature)) return 'signature';
    const registered = checkRegistered(token.claims, this.#audience, now);
    if (typeof registered === 'string') return registered;
    return this.#preset.isGenuine(token.claims, this.config.issuer) ? registered : 'preset';
  }

  /** The first rule that fits. Only for claims that came from a genuine token of this issuer. */
  match(claims: Claims): Matched | undefined {
    const { sub } = claims;
    if (!this.#preset || !isSubject(sub) || !this.#preset.isGenuine(claims, this.config.issuer)) return undefined;
    this.#rules ??= compileRules(this.config, this.#preset);
    const rule = this.#rules.find((one) => one.fits(claims));
    if (!rule) return undefined;
    const principal: ProvenPrincipal =
      rule.principal.kind === 'User' ? { kind: 'User', issuer: this.config.name, subject: sub } : rule.principal;
    return { principal, rule: rule.index };
  }
}

/** A rule that would be refused if it were declared today counts for nothing, however it came to be stored. */
function compileRules({ match }: IssuerConfig, preset: Preset): readonly CompiledRule[] {
  return match.flatMap((rule, index) => {
    const compiled = checkRule(rule, preset).length === 0 ? compileRule(rule, index, preset.guards) : undefined;
    return compiled ? [compiled] : [];
  });
}
