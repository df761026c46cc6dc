import { constants, verify, type KeyObject } from 'node:crypto';

export type SignatureAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

export type KeyType = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519';

export interface Algorithm {
  readonly name: SignatureAlgorithm;
  /** The one type, and curve, of key that it works with (RFC 8725 §3.1). */
  readonly keyType: KeyType;
  /** Whether the signature is over these bytes. A signature of a strange size is just a wrong one. */
  verify(input: Buffer, key: KeyObject, signature: Buffer): boolean;
}

/** RFC 7518 §3.1 without `none` and without MACs, whose key would be the public one; RFC 8037 with Ed25519 only. */
const all: readonly Algorithm[] = [
  pkcs1('RS256', 'sha256'),
  pkcs1('RS384', 'sha384'),
  pkcs1('RS512', 'sha512'),
  pss('PS256', 'sha256'),
  pss('PS384', 'sha384'),
  pss('PS512', 'sha512'),
  ecdsa('ES256', 'P-256', 'sha256'),
  ecdsa('ES384', 'P-384', 'sha384'),
  ecdsa('ES512', 'P-521', 'sha512'),
  {
    name: 'EdDSA',
    keyType: 'Ed25519',
    verify: (input, key, signature) => verify(null, input, key, signature),
  },
];
const byName: ReadonlyMap<string, Algorithm> = new Map(all.map((algorithm) => [algorithm.name, algorithm]));

/** By its exact name. */
export function algorithmNamed(name: string): Algorithm | undefined {
  return byName.get(name);
}

function pkcs1(name: SignatureAlgorithm, digest: string): Algorithm {
  return {
    name,
    keyType: 'RSA',
    verify: (input, key, signature) => verify(digest, input, { key, padding: constants.RSA_PKCS1_PADDING }, signature),
  };
}

/** RFC 7518 §3.5: the salt is as long as the hash. */
function pss(name: SignatureAlgorithm, digest: string): Algorithm {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return {
    name,
    keyType: 'RSA',
    verify: (input, key, signature) => verify(digest, input, { key, padding, saltLength }, signature),
  };
}

/** RFC 7518 §3.4: R and S next to each other, each as long as the curve's order; never DER. */
function ecdsa(name: SignatureAlgorithm, keyType: 'P-256' | 'P-384' | 'P-521', digest: string): Algorithm {
  return {
    name,
    keyType,
    verify: (input, key, signature) => verify(digest, input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
}
