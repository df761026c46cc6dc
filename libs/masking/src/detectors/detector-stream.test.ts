import type { MaskMethod } from '@sallyport/domain';
import fc from 'fast-check';
import { createDocumentMask, detectorNames, MaskError, Pseudonyms } from '../index.js';

const pseudonyms = new Pseudonyms(Buffer.alloc(32, 7));
const methods: readonly MaskMethod[] = ['redact', 'partial', 'pseudonym', 'null'];
const every = createDocumentMask({
  rules: [],
  detectors: detectorNames.map((detector, index) => ({ detector, method: methods[index % methods.length]! })),
  pseudonyms,
});

function streamed(text: string, cuts: readonly number[]): string {
  const bytes = Buffer.from(text);
  const mask = every.text();
  const given: Buffer[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    given.push(Buffer.from(mask.push(bytes.subarray(start, end))));
    start = Math.max(start, end);
  }
  return Buffer.concat([...given, mask.end()]).toString();
}
const whole = (text: string): string => String(every.maskValue(text));

const pieces = [
  'ada@example.com',
  'é@ü.de',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '123-45-6789',
  '+1 (415) 555-2671',
  '10.0.0.1',
  '2001:db8::1',
  `eyJ${'h'.repeat(30)}.eyJ${'p'.repeat(100)}.sig`,
  `eyJ${'h'.repeat(700)}`,
  `eyJ${'h'.repeat(40)}.${'p'.repeat(6_000)}`,
  'AKIAIOSFODNN7EXAMPLE',
  '-----BEGIN PRIVATE KEY-----\n',
  '-----END PRIVATE KEY-----',
  `Bearer ${'t0'.repeat(20)}`,
  `ghp_${'a1'.repeat(18)}`,
  'xoxb-123456789012-abcdefGHIJKL',
  'x'.repeat(200),
  '1 '.repeat(60),
  '\n',
  '\r\n',
  ' ',
  '.',
  '-',
  '@',
  'text ',
  '日本語',
];

test('every way to cut a text gives what the whole text gives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (parts, places) => {
        const text = parts.join('').replaceAll('\u0000', '');
        fc.pre(!/\p{Surrogate}/u.test(text));
        const length = Buffer.byteLength(text);
        const cuts = places.map((place) => place % (length + 1)).sort((a, b) => a - b);
        expect(streamed(text, cuts)).toBe(whole(text));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a cut behind every single byte gives what the whole text gives', () => {
  for (const joint of ['', '\n']) {
    const text = pieces.map((piece) => piece.slice(0, 300)).join(joint);
    const expected = whole(text);
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(streamed(text, [cut])).toBe(expected);
    expect(streamed(text, [...bytes.keys()])).toBe(expected);
  }
});

test('what is found reaches back as far as it may, wherever the text is cut', () => {
  const text = `${'w '.repeat(500)}${'l'.repeat(64)}@example.com${' w'.repeat(500)}`;
  const expected = whole(text);
  for (let cut = 900; cut <= 1_900; cut += 1) expect(streamed(text, [cut])).toBe(expected);
});

test('findings that overlap are one, under the stricter method', () => {
  const mask = createDocumentMask({
    rules: [],
    detectors: [
      { detector: 'email', method: 'partial' },
      { detector: 'creditCard', method: 'redact' },
    ],
    pseudonyms,
  });
  expect(mask.maskValue('to 4111111111111111@example.com')).toBe('to [redacted]');
  expect(mask.maskValue('to ada.lovelace@example.com')).toBe('to ****.com');
});

test('a line is given out when it is complete, and little is held back of one that is not', () => {
  const mask = every.text();
  expect(mask.push(Buffer.from('from ada@example.com\nnext')).toString()).not.toContain('ada');
  const line = every.text();
  expect(line.push(Buffer.from('a line\n')).toString()).toBe('a line\n');
  const long = every.text();
  let given = 0;
  for (let index = 0; index < 100; index += 1) given += long.push(Buffer.from('word '.repeat(100))).length;
  expect(given).toBeGreaterThan(50_000 - 1_000);
});

test('what goes on for ever is not held', () => {
  const mask = every.text();
  let given = mask.push(Buffer.from('-----BEGIN PRIVATE KEY-----\n')).length;
  for (let index = 0; index < 2_000; index += 1) given += mask.push(Buffer.from(`${'A'.repeat(9_999)}\n`)).length;
  expect(given).toBe(0);
  expect(mask.end().length).toBeLessThan(20);
});

test.each([
  ['UTF-16', Buffer.from('ada@example.com', 'utf16le')],
  ['Latin-1', Buffer.from('jörg@example.com', 'latin1')],
])('text in %s is refused', (_, bytes) => {
  expect(() => every.text().push(bytes)).toThrow(MaskError);
});

const length = 400_000;
test.each([
  '@',
  'a@',
  'a.a@a.',
  `${'a'.repeat(63)}@`,
  '1',
  '1 ',
  '4 ',
  '41 1-',
  '0 ',
  '+1',
  '(1) ',
  '+1 (23) ',
  '123-45-',
  '1.1.',
  '1:',
  ':',
  'a:b:',
  '::',
  'de89',
  'DE89 3704 0044 0532 0130 0 ',
  'eyJ',
  'eyJaaaaaaaaaa.',
  '.eyJaaaaaaaaaa ',
  'AKIA',
  '-',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY',
  '-----BEGIN PRIVATE KEY----------END ',
  'bearer ',
  'bearer a',
  'ghp_',
  'xoxb-',
  '%40',
  '\u00e9@',
  '\u3000',
])('a long text of %j takes time in proportion', (pattern) => {
  const bytes = Buffer.from(pattern.repeat(length / pattern.length));
  const began = process.cpuUsage();
  const mask = every.text();
  for (let at = 0; at < bytes.length; at += 16_384) mask.push(bytes.subarray(at, at + 16_384));
  mask.end();
  // Quadratic time would be several times that.
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1_000).toBeLessThan(5_000);
});
