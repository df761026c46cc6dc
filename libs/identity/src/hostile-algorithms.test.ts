import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { TrustedIssuers } from './trusted-issuers.js';
import type { Json, TestKey } from './testing/issuer-fixture.js';
import { ecKey, edKey, goodClaims, makeToken, rsaKey, settings, testTime } from './testing/issuer-fixture.js';

const known: Record<string, TestKey> = {
  rsa: rsaKey('rsa'),
  p256: ecKey('p256', 'P-256'),
  p384: ecKey('p384', 'P-384'),
  p521: ecKey('p521', 'P-521'),
  ed: edKey('ed'),
};
const stranger: Record<string, TestKey> = {
  rsa: rsaKey('rsa'),
  p256: ecKey('p256', 'P-256'),
  p384: ecKey('p384', 'P-384'),
  p521: ecKey('p521', 'P-521'),
  ed: edKey('ed'),
};
/** RFC 7518 §3.1, RFC 8037 §3.1: which key each works with. */
const worksWith: Record<string, string> = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'p256',
  ES384: 'p384',
  ES512: 'p521',
  EdDSA: 'ed',
};
/** Of which two are not, so that the list is seen to count. */
const allowed = Object.keys(worksWith).filter((alg) => alg !== 'RS512' && alg !== 'PS384');
const strange = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    ' ',
    'HS256',
    'HS384',
    'HS512',
    'rs256',
    'RS256 ',
    'RS1',
    'ES256K',
    'Ed25519',
  ],
  ...['Ed448', 'ECDH-ES', 'dir', 'RSA-OAEP', 'A128GCM', '__proto__', 'constructor', 'toString', 'PBES2-HS256+A128KW'],
];

const verify = (jwks: readonly Json[], text: string, algorithms = allowed): string => {
  const outcome = new TrustedIssuers([settings({ jwks, algorithms })], { now: () => testTime * 1000 }).verify(text);
  return outcome.ok ? 'ok' : outcome.reason;
};
const all = Object.values(known).map(({ jwk }) => jwk);

interface Row {
  readonly alg: string;
  readonly kid: string;
  readonly signer: 'that key' | 'a stranger' | 'nobody';
}
const rows: Row[] = [...Object.keys(worksWith), ...strange].flatMap((alg) =>
  Object.keys(known).flatMap((kid) =>
    (['that key', 'a stranger', 'nobody'] as const).map((signer) => ({ alg, kid, signer })),
  ),
);

/** What such a key can sign with, where the header's word is not something to sign with. */
const signAs: Record<string, string> = { rsa: 'RS256', p256: 'ES256', p384: 'ES384', p521: 'ES512', ed: 'EdDSA' };

test.each(rows)('ID-01: alg "$alg" with key $kid, signed by $signer', ({ alg, kid, signer }) => {
  const { privateKey } = (signer === 'a stranger' ? stranger : known)[kid]!;
  const genuine = worksWith[alg] === kid;
  const header = { alg, kid };
  const text = makeToken(header, goodClaims(), privateKey, genuine ? alg : signAs[kid]);
  const expected = !allowed.includes(alg) ? 'algorithm' : !genuine ? 'key-unfit' : 'signature';
  if (signer === 'nobody') {
    expect(verify(all, `${text.slice(0, text.lastIndexOf('.'))}.`)).toBe('malformed');
    expect(verify(all, `${text.slice(0, text.lastIndexOf('.'))}.AA`)).toBe(expected);
  } else {
    expect(verify(all, text)).toBe(expected === 'signature' && signer === 'that key' ? 'ok' : expected);
  }
});

test.each(['HS256', 'HS384', 'HS512'])(
  'ID-01: %s with a public key as the secret is refused even where it is listed',
  (alg) => {
    for (const [kid, { publicKey }] of Object.entries(known)) {
      expect(verify(all, makeToken({ alg, kid }, goodClaims(), publicKey), [alg, ...allowed])).toBe('algorithm');
    }
  },
);

test('ID-01: an algorithm that nobody may use is refused even where it is listed', () => {
  for (const alg of strange) {
    const text = makeToken({ alg, kid: 'rsa' }, goodClaims(), known['rsa']!.privateKey, 'RS256');
    expect(verify(all, text, strange)).toBe('algorithm');
  }
});

test('ID-01: a signature in DER, doubled, cut or empty is none', () => {
  const text = makeToken({ alg: 'ES256', kid: 'p256' }, goodClaims(), known['p256']!.privateKey);
  const [header, payload, encoded] = text.split('.') as [string, string, string];
  const signature = Buffer.from(encoded, 'base64url');
  const zeros = Buffer.alloc(64);
  const der = sign('sha256', Buffer.from(`${header}.${payload}`), known['p256']!.privateKey);
  for (const wrong of [der, Buffer.concat([signature, signature]), signature.subarray(0, 63), zeros]) {
    expect(verify(all, `${header}.${payload}.${wrong.toString('base64url')}`)).toBe('signature');
  }
  expect(verify(all, `${header}.${payload}.${encoded}`)).toBe('ok');
});

describe('ID-02: keys', () => {
  const { privateKey, jwk } = known['p256']!;
  const rsa = known['rsa']!;
  const signed = (kid?: unknown): string => makeToken({ alg: 'ES256', kid }, goodClaims(), privateKey);
  const signedRsa = makeToken({ alg: 'RS256', kid: 'rsa' }, goodClaims(), rsa.privateKey);
  const weak = rsaKey('rsa', 1024);
  const small = rsaKey('rsa', 2048, 3);
  const huge = Buffer.concat([Buffer.from([0xff]), randomBytes(1023), Buffer.from([1])]).toString('base64url');
  const secp = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
  const privateJwk = { ...privateKey.export({ format: 'jwk' }), kid: 'p256' };

  const cases: [string, readonly Json[], string, string][] = [
    ['no key at all', [], signed('p256'), 'unknown-key'],
    ['another kid', [{ ...jwk, kid: 'P256' }], signed('p256'), 'unknown-key'],
    ['a kid that is a path', [jwk], signed('../../p256'), 'unknown-key'],
    ['a kid that is SQL', [jwk], signed("p256' OR '1'='1"), 'unknown-key'],
    ['a kid of every object', [jwk], signed('__proto__'), 'unknown-key'],
    ['a kid of every object', [jwk], signed('constructor'), 'unknown-key'],
    ['an empty kid', [jwk], signed(''), 'unknown-key'],
    ['a kid that is a list', [jwk], signed(['p256']), 'header'],
    ['a kid that is null', [jwk], signed(null), 'header'],
    ['no kid, one key fits', all, signed(), 'ok'],
    ['no kid, two keys fit', [...all, ecKey('more', 'P-256').jwk], signed(), 'key-ambiguous'],
    ['no kid, no key fits', [rsa.jwk], signed(), 'key-unfit'],
    ['a key without a kid for a token with one', [{ ...jwk, kid: undefined }], signed('p256'), 'unknown-key'],
    ['one kid, two types', [jwk, { ...rsa.jwk, kid: 'p256' }], signed('p256'), 'ok'],
    ['one kid, two keys of one type', [jwk, stranger['p256']!.jwk], signed('p256'), 'key-ambiguous'],
    ['the same key twice', [jwk, { ...jwk }], signed('p256'), 'ok'],
    ['a key for RS256 only, used so', [{ ...rsa.jwk, alg: 'RS256' }], signedRsa, 'ok'],
    ['a key for PS256 only, used for RS256', [{ ...rsa.jwk, alg: 'PS256' }], signedRsa, 'key-unfit'],
    [
      'two keys, one for this algorithm',
      [
        { ...rsa.jwk, alg: 'RS256' },
        { ...stranger['rsa']!.jwk, alg: 'PS256' },
      ],
      signedRsa,
      'ok',
    ],
    ['a key for signatures', [{ ...jwk, use: 'sig', key_ops: ['verify'] }], signed('p256'), 'ok'],
    ['a key for encryption', [{ ...jwk, use: 'enc' }], signed('p256'), 'key-unfit'],
    ['a strange use', [{ ...jwk, use: ['sig'] }], signed('p256'), 'key-unfit'],
    ['a use of SPIFFE bundles', [{ ...jwk, use: 'jwt-svid' }], signed('p256'), 'key-unfit'],
    ['operations without verify', [{ ...jwk, key_ops: ['sign', 'encrypt'] }], signed('p256'), 'key-unfit'],
    ['operations as text', [{ ...jwk, key_ops: 'verify' }], signed('p256'), 'key-unfit'],
    ['a published private key', [privateJwk], signed('p256'), 'key-unfit'],
    ['a symmetric key', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'p256' }], signed('p256'), 'key-unfit'],
    ['a point off the curve', [{ ...jwk, x: jwk['y'] }], signed('p256'), 'key-unfit'],
    ['a key without a coordinate', [{ ...jwk, y: undefined }], signed('p256'), 'key-unfit'],
    ['a coordinate that is a number', [{ ...jwk, y: 5 }], signed('p256'), 'key-unfit'],
    ['an unknown curve', [{ ...secp, kid: 'p256' }], signed('p256'), 'key-unfit'],
    ['an unknown type', [{ ...jwk, kty: 'ec' }], signed('p256'), 'key-unfit'],
    ['a key whose kid is a number', [{ ...jwk, kid: 5 }], signed('p256'), 'unknown-key'],
    ['a key whose alg is a list', [{ ...jwk, alg: ['ES256'] }], signed('p256'), 'key-unfit'],
    [
      'RSA of 1024 bits',
      [weak.jwk],
      makeToken({ alg: 'RS256', kid: 'rsa' }, goodClaims(), weak.privateKey),
      'key-weak',
    ],
    ['RSA of 8200 bits', [{ ...rsa.jwk, n: huge }], signedRsa, 'key-weak'],
    ['one key by two names', [{ ...jwk, kid: 'other' }, jwk], signed('p256'), 'ok'],
    [
      'RSA with exponent 3',
      [small.jwk],
      makeToken({ alg: 'RS256', kid: 'rsa' }, goodClaims(), small.privateKey),
      'key-weak',
    ],
    ['RSA with exponent 1', [{ ...rsa.jwk, e: 'AQ' }], signedRsa, 'key-weak'],
    ['a refused key next to a good one', [{ ...weak.jwk, kid: 'weak' }, rsa.jwk], signedRsa, 'ok'],
  ];
  test.each(cases)('%s', (_, jwks, text, expected) => {
    expect(verify(jwks, text)).toBe(expected);
  });

  test('keys and addresses in the header are left alone', () => {
    const other = stranger['p256']!;
    const header = {
      ...{ alg: 'ES256', kid: 'p256', jwk: other.jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x' },
      ...{ x5c: ['MIIB'], x5t: 'AAAA', 'x5t#S256': 'AAAA' },
    };
    expect(verify([jwk], makeToken(header, goodClaims(), other.privateKey))).toBe('signature');
    expect(verify([jwk], makeToken(header, goodClaims(), privateKey))).toBe('ok');
  });
});
