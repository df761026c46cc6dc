import fc from 'fast-check';
import { TrustedIssuers } from './trusted-issuers.js';
import { ecKey, edKey, encode, goodClaims, makeToken, rsaKey, settings, testTime } from './testing/issuer-fixture.js';

const keys = { RS256: rsaKey('rsa'), ES256: ecKey('p256', 'P-256'), EdDSA: edKey('ed') };
const algorithms = Object.keys(keys) as (keyof typeof keys)[];
const issuers = new TrustedIssuers([settings({ jwks: Object.values(keys).map(({ jwk }) => jwk) })], {
  now: () => testTime * 1000,
  remember: 0,
});
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

test.each(algorithms)('no token of %s that differs in one character passes', (alg) => {
  const good = makeToken({ alg, kid: keys[alg].jwk['kid'] }, goodClaims(), keys[alg].privateKey);
  expect(issuers.verify(good).ok).toBe(true);
  const passed: string[] = [];
  for (let at = 0; at < good.length; at += 1) {
    const shifted = alphabet[(alphabet.indexOf(good[at]!) + 1) % 64]!;
    const far = alphabet[(alphabet.indexOf(good[at]!) + 33) % 64]!;
    for (const char of [shifted, far, '.', '=', ' ', '\u0000', 'é', '']) {
      if (char === good[at]) continue;
      const changed = good.slice(0, at) + char + good.slice(at + 1);
      if (issuers.verify(changed).ok) passed.push(changed);
    }
  }
  expect(passed).toEqual([]);
});

test('no token passes whose signature is not that of the key over these bytes', () => {
  const others = { RS256: rsaKey('rsa'), ES256: ecKey('p256', 'P-256'), EdDSA: edKey('ed') };
  const claims = fc.dictionary(fc.string(), fc.jsonValue()).map((extra) => ({ ...extra, ...goodClaims() }));
  const header = fc.record({
    alg: fc.constantFrom(...algorithms, 'none', 'HS256'),
    kid: fc.constantFrom('rsa', 'p256', 'ed'),
  });
  const signature = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 64, maxLength: 64 }));
  fc.assert(
    fc.property(header, claims, signature, fc.constantFrom(...algorithms), (made, payload, bytes, signer) => {
      const input = `${encode(made)}.${encode(payload)}`;
      expect(issuers.verify(`${input}.${Buffer.from(bytes).toString('base64url')}`).ok).toBe(false);
      expect(issuers.verify(makeToken(made, payload, others[signer].privateKey, signer)).ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('a signature of one token does not pass for another', () => {
  const { privateKey } = keys.EdDSA;
  const header = { alg: 'EdDSA', kid: 'ed' };
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (one, other) => {
      fc.pre(one !== other);
      const [first, second] = [one, other].map((jti) => makeToken(header, goodClaims({ jti }), privateKey).split('.'));
      expect(issuers.verify([...first!.slice(0, 2), second![2]].join('.')).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test('whatever text comes, the answer is a refusal and not an error', () => {
  const part = fc.oneof(fc.base64String(), fc.string({ unit: 'binary' }), fc.json().map(encode));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const outcome = issuers.verify(parts.join('.'));
      expect(outcome).toMatchObject({ ok: false, reason: expect.not.stringMatching('internal') });
    }),
    { numRuns: 1000 },
  );
});
