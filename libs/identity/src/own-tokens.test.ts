import { OwnTokens } from './index.js';
import { edKey, makeToken, rsaKey, testIssuer, testTime, type Json } from './testing/issuer-fixture.js';

const key = edKey('k1');
const other = edKey('k1');
const settings = { issuer: testIssuer, audience: 'sallyport', type: 'at+jwt', algorithm: 'EdDSA' } as const;
const tokens = new OwnTokens({ ...settings, jwks: [key.jwk] });
const header = { alg: 'EdDSA', kid: 'k1', typ: 'at+jwt' };
const claims: Json = {
  ...{ iss: testIssuer, aud: 'sallyport', sub: 'ServiceAccount::ci', jti: 'j', cid: 'c' },
  ...{ iat: testTime - 10, exp: testTime + 600 },
};
const outcome = (headerChange: Json, claimChange: Json, signer = key, verifier = tokens) =>
  verifier.verify(
    makeToken({ ...header, ...headerChange }, { ...claims, ...claimChange }, signer.privateKey),
    testTime * 1000,
  );

test('a genuine token proves what it says', () => {
  expect(outcome({}, {})).toEqual({ ok: true, claims });
});

test.each<[string, Json, Json, string]>([
  ['another kind of token', { typ: 'JWT' }, {}, 'type'],
  ['no kind at all', { typ: undefined }, {}, 'type'],
  ['another issuer', {}, { iss: 'https://issuer.example/' }, 'unknown-issuer'],
  ['another audience', {}, { aud: 'another' }, 'audience'],
  ['a key nobody has', { kid: 'k2' }, {}, 'unknown-key'],
  ['an extension', { crit: ['x'], x: 1 }, {}, 'header'],
  ['the past', {}, { exp: testTime }, 'expired'],
  ['the future', {}, { iat: testTime + 120 }, 'not-yet-valid'],
  ['no end', {}, { exp: undefined }, 'claims'],
  ['nobody', {}, { sub: '' }, 'subject'],
])('ID-01 ID-04 ID-05: a token of %s is refused', (_, headerChange, claimChange, reason) => {
  expect(outcome(headerChange, claimChange)).toEqual({ ok: false, reason });
});

test('ID-01: the algorithm is ours to choose', () => {
  const rsa = rsaKey('k1');
  const both = new OwnTokens({ ...settings, jwks: [key.jwk, rsa.jwk] });
  expect(outcome({ alg: 'RS256' }, {}, rsa, both)).toEqual({ ok: false, reason: 'algorithm' });
  expect(outcome({}, {}, other)).toEqual({ ok: false, reason: 'signature' });
  const [h, p] = makeToken(header, claims, key.privateKey).split('.');
  for (const alg of ['none', 'HS256']) {
    const forged = `${Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')}.${p}.AAAA`;
    expect(tokens.verify(forged, testTime * 1000)).toEqual({ ok: false, reason: 'algorithm' });
  }
  expect(tokens.verify(`${h}.${p}.`, testTime * 1000).ok).toBe(false);
});

test('whatever is not a token is refused', () => {
  for (const text of ['', '.', '..', 'a.b.c', 'x'.repeat(20_000), `${'a'.repeat(9000)}.b.c`]) {
    expect(tokens.verify(text, testTime * 1000).ok).toBe(false);
  }
});
