import { createPublicKey, type KeyObject } from 'node:crypto';
import type { TokenRefusal } from '../refusal.js';
import type { Algorithm, KeyType } from './algorithm.js';

type Jwk = Readonly<Record<string, unknown>>;

interface Entry {
  readonly keyId: string | undefined;
  readonly type: KeyType;
  /** The one algorithm that the key says it is for. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
  readonly material: string;
}
interface Refused {
  readonly keyId: string | undefined;
  readonly refusal: TokenRefusal;
}

/** Below this RSA no longer counts (RFC 7518 §3.3); above it, verifying would take too long. Bits. */
const rsaBits = { least: 2048, most: 8192 };
/** FIPS 186-5 §5.1. An exponent of 1 would make every signature good. */
const leastRsaExponent = 65_537n;

/** The keys of one issuer, each used for nothing but what it says it is for. */
export class KeySet {
  readonly #usable: Entry[] = [];
  readonly #refused: Refused[] = [];

  /** `uses`: values of `use` that count besides `sig`. */
  constructor(jwks: readonly Jwk[], uses: readonly string[] = []) {
    for (const jwk of jwks) {
      const entry = importKey(jwk, uses);
      if ('refusal' in entry) this.#refused.push(entry);
      else if (!this.#usable.some((other) => isSame(other, entry))) this.#usable.push(entry);
    }
  }

  /** The only key that a token with this `alg` and `kid` can mean. */
  select(algorithm: Algorithm, keyId: string | undefined): KeyObject | TokenRefusal {
    // Without a `kid` any key may be meant, provided that only one fits.
    const meant = <Some extends { keyId: string | undefined }>(entries: readonly Some[]): readonly Some[] =>
      keyId === undefined ? entries : entries.filter((entry) => entry.keyId === keyId);
    const named = meant(this.#usable);
    const fitting = named.filter(
      (entry) =>
        entry.type === algorithm.keyType && (entry.algorithm === undefined || entry.algorithm === algorithm.name),
    );
    if (fitting.length === 1) return fitting[0]!.key;
    if (fitting.length > 1) return 'key-ambiguous';
    return meant(this.#refused)[0]?.refusal ?? (named.length > 0 ? 'key-unfit' : 'unknown-key');
  }
}

function isSame(one: Entry, other: Entry): boolean {
  return one.keyId === other.keyId && one.algorithm === other.algorithm && one.material === other.material;
}

function importKey(jwk: Jwk, uses: readonly string[]): Entry | Refused {
  const keyId = own(jwk, 'kid');
  const algorithm = own(jwk, 'alg');
  const refused = (refusal: TokenRefusal): Refused => ({
    keyId: typeof keyId === 'string' ? keyId : undefined,
    refusal,
  });
  if (keyId !== undefined && typeof keyId !== 'string') return refused('key-unfit');
  if (algorithm !== undefined && typeof algorithm !== 'string') return refused('key-unfit');
  if (!isForVerifying(jwk, uses) || holdsSecret(jwk)) return refused('key-unfit');
  const publicJwk = publicPart(jwk);
  if (!publicJwk) return refused('key-unfit');
  try {
    const key = createPublicKey({ key: publicJwk, format: 'jwk' });
    if (publicJwk.kty === 'RSA' && !isStrong(key)) return refused('key-weak');
    const type = (publicJwk['crv'] ?? 'RSA') as KeyType;
    return { keyId, algorithm, type, key, material: JSON.stringify(publicJwk) };
  } catch {
    return refused('key-unfit');
  }
}

/** RFC 7517 §4.2 and §4.3. */
function isForVerifying(jwk: Jwk, uses: readonly string[]): boolean {
  const use = own(jwk, 'use');
  if (use !== undefined && use !== 'sig' && !(typeof use === 'string' && uses.includes(use))) return false;
  const operations = own(jwk, 'key_ops');
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** A published private key is everybody's; a symmetric one (`k`) never was public. */
function holdsSecret(jwk: Jwk): boolean {
  return ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].some((member) => Object.hasOwn(jwk, member));
}

/** Only the members that make up the public key, as the crypto library is to see them. */
function publicPart(jwk: Jwk): (Record<string, string> & { kty: string }) | undefined {
  const kty = own(jwk, 'kty');
  const crv = own(jwk, 'crv');
  if (kty === 'RSA') return picked(jwk, kty, ['n', 'e']);
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384' || crv === 'P-521'))
    return picked(jwk, kty, ['crv', 'x', 'y']);
  if (kty === 'OKP' && crv === 'Ed25519') return picked(jwk, kty, ['crv', 'x']);
  return undefined;
}

function picked(
  jwk: Jwk,
  kty: string,
  members: readonly string[],
): (Record<string, string> & { kty: string }) | undefined {
  const part: Record<string, string> & { kty: string } = { kty };
  for (const member of members) {
    const value = own(jwk, member);
    if (typeof value !== 'string') return undefined;
    part[member] = value;
  }
  return part;
}

function isStrong(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return modulusLength >= rsaBits.least && modulusLength <= rsaBits.most && publicExponent >= leastRsaExponent;
}

function own(jwk: Jwk, member: string): unknown {
  return Object.hasOwn(jwk, member) ? jwk[member] : undefined;
}
