import { TrustedIssuers } from './trusted-issuers.js';
import type { Json } from './testing/issuer-fixture.js';
import { ecKey, edKey, encode, goodClaims, makeToken, rsaKey, settings, testTime } from './testing/issuer-fixture.js';

const keys = { RS256: rsaKey('rsa'), ES256: ecKey('p256', 'P-256'), EdDSA: edKey('ed') };
const issuers = new TrustedIssuers([settings({ jwks: Object.values(keys).map(({ jwk }) => jwk) })], {
  now: () => testTime * 1000,
});
const reasonFor = (text: string): string => {
  const outcome = issuers.verify(text);
  return outcome.ok ? 'ok' : outcome.reason;
};

const iat = testTime - 10;
/** Left out of the token. */
const absent = undefined;
const day = 24 * 3600;
const notTimes = [absent, null, '1900000500', true, [], [testTime + 60], {}, 0, -1, -testTime, 1e300, 9e15, false];
const notSubjects = [absent, null, '', 7, ['job:7'], {}, true, 'x'.repeat(256), 'a\u0000b', 'a\nb', '\u0085'];
const changes: [string, Json][] = [
  ...notTimes.flatMap((value): [string, Json][] => [
    ['claims', { exp: value }],
    ['claims', { iat: value }],
    value === absent ? ['ok', { nbf: value }] : ['claims', { nbf: value }],
  ]),
  ...notSubjects.map((sub): [string, Json] => ['subject', { sub }]),
  ['ok', { sub: 'x'.repeat(255) }],
  ['ok', { sub: 'Zoë ☃' }],

  // Times: `exp` to the second, clocks ahead by a minute, no longer than a day.
  ['expired', { exp: testTime }],
  ['expired', { exp: testTime - 5 }],
  ['ok', { exp: testTime + 0.5 }],
  ['ok', { exp: testTime + 1 }],
  ['ok', { iat: testTime + 60, exp: testTime + 120 }],
  ['not-yet-valid', { iat: testTime + 61, exp: testTime + 120 }],
  ['ok', { nbf: testTime + 60 }],
  ['not-yet-valid', { nbf: testTime + 60.5 }],
  ['lifetime', { iat: testTime + 30, exp: testTime + 30 }],
  ['lifetime', { iat: testTime + 30, exp: testTime + 20 }],
  ['ok', { exp: iat + day }],
  ['lifetime', { exp: iat + day + 1 }],
  ['lifetime', { iat: 1, exp: testTime + 60 }],

  ['claims', { iss: absent }],
  ['claims', { iss: null }],
  ['claims', { iss: ['https://issuer.example'] }],
  ['unknown-issuer', { iss: '' }],
  ['unknown-issuer', { iss: 'https://issuer.example/' }],
  ['unknown-issuer', { iss: 'https://ISSUER.example' }],
  ['unknown-issuer', { iss: 'http://issuer.example' }],
  ['unknown-issuer', { iss: 'https://issuer.example@evil.example' }],
  ['unknown-issuer', { iss: '__proto__' }],
  ['unknown-issuer', { iss: ' https://issuer.example' }],

  ['claims', { aud: absent }],
  ['claims', { aud: null }],
  ['claims', { aud: [] }],
  ['claims', { aud: {} }],
  ['claims', { aud: 7 }],
  ['claims', { aud: ['sallyport.example', 7] }],
  ['claims', { aud: [['sallyport.example']] }],
  ['audience', { aud: '' }],
  ['audience', { aud: 'sallyport.example ' }],
  ['audience', { aud: 'Sallyport.example' }],
  ['audience', { aud: 'sallyport.example.evil.example' }],
  ['audience', { aud: ['other', 'another'] }],
  ['ok', { aud: ['other', 'sallyport.example'] }],
  ['ok', { aud: ['other', 'sallyport.example'], azp: 'sallyport.example' }],
  ['authorized-party', { aud: ['other', 'sallyport.example'], azp: 'other' }],
  ['authorized-party', { aud: ['other', 'sallyport.example'], azp: null }],
  ['authorized-party', { aud: ['other', 'sallyport.example'], azp: ['sallyport.example'] }],
  ['ok', { azp: 'other' }],

  // ID tokens for browser clients.
  ...['nonce', 'at_hash', 'c_hash', 's_hash'].flatMap((name): [string, Json][] => [
    ['id-token', { [name]: 'x' }],
    ['id-token', { [name]: null }],
  ]),

  // Types of what rules ask for.
  ...[absent, null, ['payments'], { payments: true }, 'Payments', 'payments ', 'payments\u200b', 0, true, ''].map(
    (team): [string, Json] => ['no-rule', { team }],
  ),
  ['no-rule', { team: absent, payments: 'team', 'te.am': 'payments' }],
  ['no-rule', { _claim_names: { team: 'src1' } }],
  ['no-rule', { _claim_names: 'team' }],
  ['ok', { _claim_names: { groups: 'src1' } }],
  ['malformed', { team: 'payments', other: '\ud800' }],
  ['malformed', { 'a\udfff': 1 }],
];
const rows = Object.keys(keys).flatMap((alg) =>
  changes.map(([expected, change]): [string, string, Json] => [alg, expected, change]),
);

test.each(rows)('ID-05, ID-06, ID-10: %s: %s for %j', (alg, expected, change) => {
  const { jwk, privateKey } = keys[alg as keyof typeof keys];
  expect(reasonFor(makeToken({ alg, kid: jwk['kid'] }, goodClaims(change), privateKey))).toBe(expected);
});

const { privateKey } = keys.EdDSA;
const header = { alg: 'EdDSA', kid: 'ed' };
const good = makeToken(header, goodClaims(), privateKey);
const [goodHeader, goodPayload, goodSignature] = good.split('.') as [string, string, string];

const headers: [string, Json | string][] = [
  ['ok', { typ: 'JWT' }],
  ['ok', { typ: 'jwt' }],
  ['ok', { typ: 'application/jwt' }],
  ['ok', { typ: 'at+jwt' }],
  ['ok', { typ: 'application/AT+JWT' }],
  ...[
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'oauth-authz-req+jwt',
    'JOSE',
    'JWE',
    '',
    'text/jwt',
    'id_token',
  ].map((typ): [string, Json] => ['type', { typ }]),
  ['type', { typ: 'application/' }],
  ['type', { typ: null }],
  ['type', { typ: ['JWT'] }],
  ...[
    { crit: ['exp'] },
    { crit: [] },
    { crit: null },
    { b64: false },
    { b64: true },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
  ].map((extra): [string, Json] => ['header', extra]),
  ['header', { b64: false, crit: ['b64'] }],
  ['header', { cty: 'JWT' }],
  ['header', { cty: '' }],
  ['malformed', { alg: absent }],
  ['malformed', { alg: null }],
  ['malformed', { alg: ['EdDSA'] }],
  ['malformed', '[]'],
  ['malformed', '"EdDSA"'],
  ['malformed', 'null'],
  ['malformed', '{"alg":"EdDSA","kid":"ed","alg":"EdDSA"}'],
  ['malformed', '{"alg":"none","\\u0061lg":"EdDSA","kid":"ed"}'],
  ['malformed', '{"alg":"EdDSA","kid":"ed"} x'],
  ['malformed', '\ufeff{"alg":"EdDSA","kid":"ed"}'],
  ['too-large', { pad: 'x'.repeat(8 * 1024) }],
];
test.each(headers)('ID-01: %s for the header %j', (expected, change) => {
  const made = typeof change === 'string' ? change : { ...header, ...change };
  expect(reasonFor(makeToken(made, goodClaims(), privateKey, 'EdDSA'))).toBe(expected);
});

const json = JSON.stringify(goodClaims());
const payloads: [string, string][] = [
  ['ok', json],
  ['ok', ` ${json}\n`],
  ['malformed', `[${json}]`],
  ['malformed', '{}x'],
  ['malformed', ''],
  ['malformed', json.replace('"team":', '"team":"other","team":')],
  ['malformed', json.replace('"team":', '"t\\u0065am":"other","team":')],
  ['malformed', json.replace('"team":', '"sub":"admin","team":')],
  ['malformed', json.replace('"team":', '"deep":{"a":1,"a":1},"team":')],
  ['malformed', json.replace('"team":', '"deep":[{"a":[{"b":1,"b":2}]}],"team":')],
  ['ok', json.replace('"team":', '"text":"a\\":1,\\"a\\":2","team":')],
  ['malformed', json.replace('"team":', '"number":NaN,"team":')],
  ['malformed', json.replace('"team":', '"number":Infinity,"team":')],
  ['malformed', json.replace(/"exp":\d+/, '"exp":01900000500')],
  ['claims', json.replace(/"exp":\d+/, '"exp":1e999')],
  ['ok', json.replace('"team":', '"__proto__":{"team":"admin"},"team":')],
  ['no-rule', json.replace('"team":"payments"', '"__proto__":{"team":"payments"}')],
  ['malformed', json.replace('"team":', `"deep":${'['.repeat(17)}${']'.repeat(17)},"team":`)],
  ['malformed', json.replace('"team":', `"deep":${'['.repeat(5000)}${']'.repeat(5000)},"team":`)],
];
test.each(payloads)('ID-01: %s for the payload %s', (expected, text) => {
  expect(reasonFor(makeToken(header, text, privateKey))).toBe(expected);
});

const texts: [string, string, string][] = [
  ['nothing', 'malformed', ''],
  ['dots', 'malformed', '..'],
  ['two parts', 'malformed', `${goodHeader}.${goodPayload}`],
  ['four parts', 'malformed', `${good}.${goodSignature}`],
  ['five parts', 'encrypted', `${good}.${goodSignature}.${goodSignature}`],
  ['six parts', 'malformed', `${good}...`],
  ['a detached payload', 'malformed', `${goodHeader}..${goodSignature}`],
  ['no signature', 'malformed', `${goodHeader}.${goodPayload}.`],
  ['padding', 'malformed', `${good}==`],
  ['a space before', 'malformed', ` ${good}`],
  ['a line end', 'malformed', `${good}\n`],
  ['a scheme before', 'malformed', `Bearer ${good}`],
  ['JSON serialisation', 'malformed', JSON.stringify({ protected: goodHeader, payload: goodPayload })],
  ['the other base64 alphabet', 'malformed', `${goodHeader}.${goodPayload}.${'+/'.repeat(43)}`],
  ['stray bits at the end', 'malformed', `${good.slice(0, -1)}${straying(good.at(-1)!)}`],
  [
    'bytes that are not UTF-8',
    'malformed',
    `${goodHeader}.${Buffer.from('{"a":"\xff"}', 'latin1').toString('base64url')}.AA`,
  ],
  ['a token in a token', 'malformed', `${goodHeader}.${encode(good)}.${goodSignature}`],
  ['16 KiB and one', 'too-large', `${goodHeader}.${'A'.repeat(16 * 1024)}.${goodSignature}`],
  ['a megabyte', 'too-large', 'A'.repeat(2 ** 20)],
  ['a huge signature', 'too-large', `${goodHeader}.${goodPayload}.${'A'.repeat(1401)}`],
  ['the good one', 'ok', good],
];
test.each(texts)('ID-01: %s: %s', (_, expected, text) => {
  expect(reasonFor(text)).toBe(expected);
});

/** Of the last character of 64 bytes only two bits count; another that has the same two. */
function straying(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) + 1]!;
}
