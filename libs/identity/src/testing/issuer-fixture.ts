import { createHmac, constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { IssuerConfig } from '../issuer-config.js';

export type Json = Record<string, unknown>;

/** A key pair of a test, with its public half as an issuer would publish it. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Json;
}

/** When the tokens of the tests are made: the instant that their verifier thinks it is. Seconds since 1970. */
export const testTime = 1_900_000_000;
export const testIssuer = 'https://issuer.example';

export function rsaKey(kid: string, modulusLength = 2048, publicExponent = 65_537): TestKey {
  return testKey(generateKeyPairSync('rsa', { modulusLength, publicExponent }), kid);
}

export function ecKey(kid: string, namedCurve: 'P-256' | 'P-384' | 'P-521'): TestKey {
  return testKey(generateKeyPairSync('ec', { namedCurve }), kid);
}

export function edKey(kid: string): TestKey {
  return testKey(generateKeyPairSync('ed25519'), kid);
}

function testKey({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }, kid: string): TestKey {
  return { privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } };
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8').toString('base64url');

/** Signs whatever it is given, as `alg` says or `signAs` overrides. Header and payload may be texts of any kind. */
export function makeToken(header: Json | string, payload: Json | string, key: KeyObject, signAs?: string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const algorithm = signAs ?? (typeof header === 'string' ? '' : String(header['alg']));
  return `${input}.${signBytes(algorithm, input, key).toString('base64url')}`;
}

function signBytes(algorithm: string, input: string, key: KeyObject): Buffer {
  const data = Buffer.from(input);
  const digest = `sha${algorithm.slice(2)}`;
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return sign(digest, data, key);
    case 'PS': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return sign(digest, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
    }
    case 'ES':
      return sign(digest, data, { key, dsaEncoding: 'ieee-p1363' });
    case 'Ed':
      return sign(null, data, key);
    case 'HS':
      // The public key as the secret: what a verifier that lets the token choose would check against.
      return createHmac(digest, key.export({ type: 'spki', format: 'pem' }))
        .update(data)
        .digest();
    default:
      return Buffer.alloc(0);
  }
}

/** Claims that pass with the settings below. */
export function goodClaims(changes: Json = {}): Json {
  const iat = testTime - 10;
  return {
    iss: testIssuer,
    aud: 'sallyport.example',
    sub: 'job:7',
    iat,
    exp: iat + 600,
    team: 'payments',
    ...changes,
  };
}

export function settings(changes: Partial<IssuerConfig> = {}): IssuerConfig {
  return {
    name: 'ci',
    issuer: testIssuer,
    audience: ['sallyport.example'],
    algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'],
    match: [{ claims: { team: 'payments' }, principal: 'ServiceAccount::ci' }],
    sessionSeconds: 3600,
    jwks: [],
    keysValidUntil: new Date((testTime + 900) * 1000).toISOString(),
    ...changes,
  };
}
