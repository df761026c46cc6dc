import type { Claims, IssuerConfig } from './issuer-config.js';
import { RecentTokens } from './recent-tokens.js';
import type { TokenRefusal } from './refusal.js';
import { maxTokenLength, parseToken, type ParsedToken } from './token/parse-token.js';
import { TrustedIssuer, type Matched, type ProvenPrincipal } from './trusted-issuer.js';

export interface VerifiedToken {
  readonly ok: true;
  /** Name of the declared issuer. */
  readonly issuer: string;
  readonly subject: string;
  /** All claims, frozen. Read them with `claimValue`. */
  readonly claims: Claims;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly principal: ProvenPrincipal;
  /** Which rule of the issuer fitted, from 0. */
  readonly rule: number;
}

export interface RefusedToken {
  readonly ok: false;
  readonly reason: TokenRefusal;
  /** Name of the declared issuer, where it came to choosing one. Not proved. */
  readonly issuer?: string;
}

export type TokenVerification = VerifiedToken | RefusedToken;

export interface VerifierOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many verified tokens are remembered; 0 for none. */
  readonly remember?: number;
}

/**
 * Proves tokens of the trusted issuers of one revision, without asking anybody. A new revision makes a new one: nothing
 * that the old one remembered, keys least of all, outlives it.
 */
export class TrustedIssuers {
  readonly #byUrl = new Map<string, TrustedIssuer[]>();
  readonly #byName = new Map<string, TrustedIssuer>();
  readonly #now: () => number;
  readonly #recent: RecentTokens<VerifiedToken>;

  constructor(configs: readonly IssuerConfig[], { now, remember = 1024 }: VerifierOptions) {
    this.#now = now;
    this.#recent = new RecentTokens(remember);
    for (const config of configs) {
      const issuer = new TrustedIssuer(config);
      this.#byName.set(config.name, issuer);
      this.#byUrl.set(config.issuer, [...(this.#byUrl.get(config.issuer) ?? []), issuer]);
    }
  }

  /** Never throws. The reason is for logs; whoever sent the token learns only that it did not do. */
  verify(token: string): TokenVerification {
    try {
      const now = this.#now();
      if (token.length > maxTokenLength) return refused('too-large');
      return this.#recent.get(token, now) ?? this.#verify(token, now);
    } catch {
      return refused('internal');
    }
  }

  /**
   * Who claims that were proved earlier belong to under this revision: whether a session may go on. Undefined when the
   * issuer is gone, goes by another URL, no longer serves that audience, or no rule fits any more.
   */
  rematch(issuerName: string, claims: Claims): Matched | undefined {
    try {
      const issuer = this.#byName.get(issuerName);
      if (!issuer || claims['iss'] !== issuer.config.issuer || issuer.audienceRefusal(claims)) return undefined;
      return issuer.match(claims);
    } catch {
      return undefined;
    }
  }

  #verify(text: string, now: number): TokenVerification {
    const token = parseToken(text);
    if (typeof token === 'string') return refused(token);
    const { iss } = token.claims;
    if (typeof iss !== 'string') return refused('claims');
    // By exact equality (RFC 8725 §3.8): the token chooses among the configured issuers, and then has only that one's keys.
    const issuers = this.#byUrl.get(iss);
    if (!issuers) return refused('unknown-issuer');
    const outcomes = inAudience(issuers, token.claims);
    if (typeof outcomes === 'string') return refused(outcomes, issuers[0]);
    let first: RefusedToken | undefined;
    for (const issuer of outcomes) {
      const outcome = verifyWith(issuer, token, now);
      if (outcome.ok) {
        this.#recent.set(text, outcome, Math.min(outcome.expiresAt, issuer.keysValidUntil));
        return outcome;
      }
      first ??= outcome;
    }
    return first ?? refused('internal');
  }
}

/** Several issuers with one URL are told apart by whom they serve. */
function inAudience(issuers: readonly TrustedIssuer[], claims: Claims): readonly TrustedIssuer[] | TokenRefusal {
  const serving = issuers.filter((issuer) => !issuer.audienceRefusal(claims));
  return serving.length > 0 ? serving : (issuers[0]?.audienceRefusal(claims) ?? 'internal');
}

function verifyWith(issuer: TrustedIssuer, token: ParsedToken, now: number): TokenVerification {
  const registered = issuer.checkToken(token, now);
  if (typeof registered === 'string') return refused(registered, issuer);
  const matched = issuer.match(token.claims);
  if (!matched) return refused('no-rule', issuer);
  return { ok: true, issuer: issuer.config.name, ...registered, claims: token.claims, ...matched };
}

function refused(reason: TokenRefusal, issuer?: TrustedIssuer): RefusedToken {
  return issuer ? { ok: false, reason, issuer: issuer.config.name } : { ok: false, reason };
}
