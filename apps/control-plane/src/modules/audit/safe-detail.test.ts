import { generateApiKey } from '../identity/api-key.js';
import { auditBody } from './audit-chain.js';
import { oneLine, visibleJson, withoutSecrets } from './safe-detail.js';

test('secrets are left out wherever they stand, and nothing else is', () => {
  const { text } = generateApiKey();
  const jwt = `${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.e30.c2ln`;
  const detail = {
    before: null,
    after: { credential: { username: 'app', password: 'hunter2' }, groups: ['ci'], clientSecret: 's' },
    note: `made ${text}`,
    list: [{ bearer: jwt }, '-----BEGIN PRIVATE KEY-----\nMC4'],
    keyId: 'abc',
    keys: [{ kty: 'OKP' }],
    count: 3,
  };
  expect(withoutSecrets(detail)).toEqual({
    before: null,
    after: { credential: { username: 'app', password: '(left out)' }, groups: ['ci'], clientSecret: '(left out)' },
    note: '(left out)',
    list: [{ bearer: '(left out)' }, '(left out)'],
    keyId: 'abc',
    keys: [{ kty: 'OKP' }],
    count: 3,
  });
});

test('what refers to itself ends', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  expect(JSON.stringify(withoutSecrets(loop))).toContain('(left out)');
});

test.each([
  ['a line break', 'User::a\nfake entry', 'User::a\\u{a}fake entry'],
  ['a carriage return', 'a\rb', 'a\\u{d}b'],
  ['a terminal sequence', '\u001b[31mred', '\\u{1b}[31mred'],
  ['a C1 control', '\u009b31m', '\\u{9b}31m'],
  ['a direction override', 'a\u202eb', 'a\\u{202e}b'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
  ['a NUL, which no database keeps', 'a\u0000b', 'a\\u{0}b'],
  ['half a character', 'a\ud800b', 'a\\u{d800}b'],
  ['a formula', '=HYPERLINK("x")', '=HYPERLINK("x")'],
])('CP-06: %s in a name stays in its line', (_, text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

test('CP-06: the stored text holds nothing that does not show, and says the same', () => {
  const detail = { reason: 'a\u001b[2J\u0085\u202e\u2028\u{e0001}\ud800"}\n{"seq":2' };
  const body = visibleJson(auditBody({ seq: 1, at: 'now', actor: 'a', action: 'b', target: 'c', detail }));
  expect(body).toMatch(/^[\x20-\x7e]*$/);
  expect((JSON.parse(body) as { detail: unknown }).detail).toEqual(detail);
});
