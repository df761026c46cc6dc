import fc from 'fast-check';
import { WireFault } from './message.js';
import { canonicalPath, parseTarget } from './target.js';

test.each([
  ['/', '/', [''], undefined],
  ['/a/b', '/a/b', ['a', 'b'], undefined],
  ['/a/', '/a/', ['a', ''], undefined],
  ['/a?', '/a', ['a'], ''],
  ['/a?x=%2F..&y=//', '/a', ['a'], 'x=%2F..&y=//'],
  ['/%61%7e', '/a~', ['a~'], undefined],
  ['/%2561', '/%2561', ['%61'], undefined],
  ['/a%3fb%23c', '/a%3Fb%23c', ['a?b#c'], undefined],
  ['/caf%c3%a9', '/caf%C3%A9', ['café'], undefined],
  ['/caf\xc3\xa9', '/caf%C3%A9', ['café'], undefined],
  ['/a{b}|c', '/a%7Bb%7D%7Cc', ['a{b}|c'], undefined],
  ['/.well-known/x', '/.well-known/x', ['.well-known', 'x'], undefined],
  ['/a;v=1/b', '/a;v=1/b', ['a;v=1', 'b'], undefined],
  ['/a...', '/a...', ['a...'], undefined],
  ['/%ef%bb%bfa', '/%EF%BB%BFa', ['\u{feff}a'], undefined],
  ['/a?b[]=\\"é'.replace('é', '\xe9'), '/a', ['a'], 'b%5B%5D=%5C%22%E9'],
])('HT-02: %s has one form', (raw, path, segments, query) => {
  expect(parseTarget(raw)).toEqual({ path, segments, query });
});

test.each([
  ['encoded-delimiter', ['/a%2fb', '/a%2Fb', '/a%5cb', '/a%00', '/a%0d%0ab', '/a%7f', '/a?b=%00', '/a%1F']],
  ['dot-segment', ['/.', '/..', '/a/./b', '/a/../b', '/%2e%2e/b', '/.%2E', '/a/%2e', '/..;x/b', '/admin;x=/..', '/.;']],
  ['empty-segment', ['//', '//admin', '/a//b', '/a//?x']],
  ['backslash', ['/a\\b', '/..\\b', '/\\']],
  ['fragment', ['/a#b', '/a?b#c', '/#']],
  ['bad-escape', ['/%', '/a%g1', '/a%1', '/a?b=%', '/a?b=%u0041', '/%%32%66']],
  ['bad-utf8', ['/%c0%af', '/%e0%80%af', '/%ff', '/%ed%a0%80', '/\xe9', '/%c3']],
  ['bad-target', ['', 'a', '?a', '/a b', '/a\tb', '/a\0b', '/a\nb', '/a\x7fb', 'http://h/', 'h:80', '/a?b c']],
  ['asterisk-target', ['*']],
])('HT-02, K8-06: %s', (code, targets) => {
  for (const raw of targets) expect({ raw, code: codeOf(parseTarget(raw)) }).toEqual({ raw, code });
});

test('HT-05: absolute-form names the host of the request, or is refused', () => {
  expect(parseTarget('https://GW:8443/a?b', 'gw:8443')).toEqual({ path: '/a', segments: ['a'], query: 'b' });
  expect(parseTarget('http://gw', 'gw')).toEqual({ path: '/', segments: [''], query: undefined });
  expect(parseTarget('http://gw?x', 'gw')).toEqual({ path: '/', segments: [''], query: 'x' });
  for (const raw of ['http://other/a', 'http://gw@other/', 'http://gw:80/', 'http://u@gw/', 'http:///a']) {
    expect({ raw, code: codeOf(parseTarget(raw, 'gw')) }).toEqual({ raw, code: 'authority-mismatch' });
  }
  for (const raw of ['ftp://gw/', 'gw:443', 'http:/gw/a', 'unix:/a']) {
    expect({ raw, code: codeOf(parseTarget(raw, 'gw')) }).toEqual({ raw, code: 'bad-target' });
  }
});

const alphabet = [...'/.%;?#\\:@&=+~abC0129eEfF \xe9\xc3\xa9', '%2e', '%2f', '%c3%a9', '%25', '%3b', '../', './'];
const anyTarget = fc.array(fc.constantFrom(...alphabet), { maxLength: 20 }).map((parts) => `/${parts.join('')}`);

test('HT-02: the canonical form is its own canonical form, and says the same', () => {
  fc.assert(
    fc.property(anyTarget, (raw) => {
      const target = parseTarget(raw);
      if (target instanceof WireFault) return;
      const written = target.query === undefined ? target.path : `${target.path}?${target.query}`;
      expect(parseTarget(written)).toEqual(target);
      expect(canonicalPath(target.segments)).toBe(target.path);
    }),
    { numRuns: 3000 },
  );
});

test('HT-02: however a path is encoded, the one that a server resolves is the one that was matched', () => {
  fc.assert(
    fc.property(anyTarget, (raw) => {
      const target = parseTarget(raw);
      if (target instanceof WireFault) return;
      const resolved = new URL(`http://h${target.path}`);
      expect(resolved.pathname.toLowerCase()).toBe(target.path.toLowerCase());
      expect(target.path).not.toMatch(/%2f|%5c|%00|\/\/|\/\.{1,2}(?:\/|$)/i);
    }),
    { numRuns: 3000 },
  );
});

test('any segments can be written and read again', () => {
  const segment = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((text) => {
    return !/[\0-\x1f\x7f/\\]/.test(text) && !/^\.{1,2}(?:;|$)|\p{Cs}/u.test(text);
  });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
      expect(parseTarget(canonicalPath(segments))).toMatchObject({ segments });
    }),
  );
});

function codeOf(target: ReturnType<typeof parseTarget>): string {
  return target instanceof WireFault ? target.code : 'taken';
}
