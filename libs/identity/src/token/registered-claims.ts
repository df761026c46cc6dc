import type { Claims } from '../issuer-config.js';
import type { TokenRefusal } from '../refusal.js';

/** The issuer's clock may be ahead of ours by this much. A token that has expired has expired. Seconds. */
const allowedSkew = 60;
/** From issue to expiry. Longer-lived ones are passwords. Seconds. */
const maxLifetime = 24 * 3600;
/** The end of the year 9999: no date formats later instants. */
const latestTime = 253_402_300_799;
const maxSubjectLength = 255;

export interface Registered {
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** RFC 7519 §4.1, with `exp`, `iat`, `aud` and `sub` required. `now` in milliseconds since 1970. */
export function checkRegistered(claims: Claims, audience: ReadonlySet<string>, now: number): Registered | TokenRefusal {
  const { sub, exp, iat, nbf } = claims;
  if (!isTime(exp) || !isTime(iat) || (Object.hasOwn(claims, 'nbf') && !isTime(nbf))) return 'claims';
  const audienceRefusal = checkAudience(claims, audience);
  if (audienceRefusal) return audienceRefusal;
  if (!isSubject(sub)) return 'subject';
  const seconds = now / 1000;
  if (seconds >= exp) return 'expired';
  if (iat > seconds + allowedSkew || (isTime(nbf) && nbf > seconds + allowedSkew)) return 'not-yet-valid';
  if (exp <= iat || exp - iat > maxLifetime) return 'lifetime';
  // An OpenID Connect ID token tells a browser client who signed in (Core §2, §3.3.2.11); these claims bind it to that
  // login and appear in nothing that a workload is given. It is an answer, not a credential: whoever runs the client
  // could replay it. No preset's issuer uses them.
  if (['nonce', 'at_hash', 'c_hash', 's_hash'].some((name) => Object.hasOwn(claims, name))) return 'id-token';
  return { subject: sub, expiresAt: exp * 1000 };
}

/** RFC 7519 §4.1.3; where there are several, OpenID Connect Core §3.1.3.7 has `azp` say for whom it was made. */
export function checkAudience(claims: Claims, audience: ReadonlySet<string>): TokenRefusal | undefined {
  const values = audienceOf(claims);
  if (!values) return 'claims';
  if (!values.some((value) => audience.has(value))) return 'audience';
  const { azp } = claims;
  if (values.length > 1 && Object.hasOwn(claims, 'azp') && !(typeof azp === 'string' && audience.has(azp))) {
    return 'authorized-party';
  }
  return undefined;
}

/** The texts of `aud`; undefined when it is anything else than a text or a list of texts. */
export function audienceOf(claims: Claims): readonly string[] | undefined {
  const { aud } = claims;
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.length > 0 && aud.every((value) => typeof value === 'string') ? aud : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= latestTime;
}

/** What an identity may hold in the declared objects, so that no two subjects are stored as one. */
export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxSubjectLength && /^[^\p{Cc}]+$/u.test(value);
}
