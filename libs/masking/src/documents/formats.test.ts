import type { DetectorRule, DocumentMask, FieldRule, StreamMask } from '../index.js';
import { createDocumentMask, MaskError, parseFieldPath, Pseudonyms } from '../index.js';

const pseudonyms = new Pseudonyms(Buffer.alloc(32, 7));
const rule = (path: string): FieldRule => ({ path, method: 'redact' });
const emails: DetectorRule = { detector: 'email', method: 'redact' };

function maskOf(rules: readonly FieldRule[], detectors: readonly DetectorRule[] = []): DocumentMask {
  return createDocumentMask({ rules, detectors, pseudonyms, maxScalarBytes: 2_000 });
}

/** Whole, and cut behind every byte: both give the same. */
function run(make: () => StreamMask, document: string): string {
  const whole = make();
  const result = Buffer.concat([whole.push(Buffer.from(document)), whole.end()]).toString();
  const bytewise = make();
  const parts = [...Buffer.from(document)].map((byte) => bytewise.push(Buffer.from([byte])));
  expect(Buffer.concat([...parts, bytewise.end()]).toString()).toBe(result);
  return result;
}

const failing = (code: string): Error => expect.objectContaining({ name: 'MaskError', code }) as Error;

test.each([
  ['{"a":1}\n{"a":2}\n', '{"a":0}\n{"a":0}\n'],
  ['{"a":1}\r\n\n[1]\n "x" ', '{"a":0}\r\n\n[1]\n "x" '],
  ['', ''],
  ['\n\n', '\n\n'],
])('ndjson %j becomes %j', (document, expected) => {
  expect(run(() => maskOf([rule('$.a')]).ndjson(), document)).toBe(expected);
});

test.each(['{"a":1}{"a":2}', '{"a":1} {"a":2}', '{"a":\n1}', '{"a":1}\n{"a"', '[1\n]', 'x\n', '"a\n"'])(
  'ndjson refuses %j',
  (document) => {
    expect(() => run(() => maskOf([rule('$.a')]).ndjson(), document)).toThrow(failing('malformed'));
  },
);

test.each([
  ['data: {"a":1}\n\n', 'data: {"a":0}\n\n'],
  [
    'event: x\r\nid: 7\r\ndata:{"a":1,\r\ndata: "b":2}\r\nretry: 10\r\n\r\n',
    'event: x\nid: 7\ndata: {"a":0,\ndata: "b":2}\nretry: 10\n\n',
  ],
  [': ping\n\n', ': ping\n\n'],
  ['data:{"b":1}\rdata\r\r', 'data:{"b":1}\ndata\n\n'],
  ['data: [DONE]\n\n', 'data: [DONE]\n\n'],
  ['data: hello ada@example.com\n: by ada@example.com\n\n', 'data: hello [redacted]\n: by [redacted]\n\n'],
  ['data: {"c":"ada@example.com"}\n\n', 'data: {"c":"[redacted]"}\n\n'],
  ['data: -----\n\n', 'data: -----\n\n'],
  ['\ufeffdata: {"a":1}\n\n', 'data: {"a":0}\n\n'],
  ['Data: {"a":1}\nfoo: {"a":1}\ndata: {"a":1}\n\n', 'data: {"a":0}\n\n'],
  ['data: {"a":1}', 'data: {"a":0}\n'],
])('event stream %j becomes %j', (document, expected) => {
  expect(run(() => maskOf([rule('$.a')], [emails]).sse(), document)).toBe(expected);
});

test.each([
  ['data: {"a":1\n\n', 'malformed'],
  ['data: {"a":1} x\n\n', 'malformed'],
  ["data: {'a':1}\n\n", 'malformed'],
  [`data: ${' '.repeat(1_500)}{a:1}\n\n`, 'malformed'],
  ['data: [{"a":1}\n\n', 'malformed'],
  [`data: ${'x'.repeat(2_000)}`, 'too-long'],
  ['data: x\n'.repeat(300), 'too-long'],
  [`data: ${'['.repeat(600)}\n\n`, 'too-deep'],
])('event stream %j is refused', (document, code) => {
  expect(() => run(() => maskOf([rule('$.a')]).sse(), document)).toThrow(failing(code));
});

test('an event is given out when it is complete', () => {
  const mask = maskOf([rule('$.a')]).sse();
  expect(mask.push(Buffer.from('data: {"a":1}\n\nda')).toString()).toBe('data: {"a":0}\n\n');
});

test.each([
  ['$.email', 'id=1&email=ada%40example.com&x=%41', 'id=1&email=%5Bredacted%5D&x=%41'],
  ['$.email', '%65MAIL=a;b=c', '%65MAIL=%5Bredacted%5D;b=c'],
  ['$.email', 'email', 'email=%5Bredacted%5D'],
  ['$.email', 'email=a=b&&=&email=', 'email=%5Bredacted%5D&&=&email=%5Bredacted%5D'],
  [
    '$.user.email',
    'user[email]=a&user.email=b&email=c',
    'user[email]=%5Bredacted%5D&user.email=%5Bredacted%5D&email=c',
  ],
  [
    '$.cards[*].no',
    'cards[0][no]=1&cards%5B%5D%5Bno%5D=2',
    'cards[0][no]=%5Bredacted%5D&cards%5B%5D%5Bno%5D=%5Bredacted%5D',
  ],
  ['$.tags[*]', 'tags[]=a&tags[1]=b&tags=c', 'tags[]=%5Bredacted%5D&tags[1]=%5Bredacted%5D&tags=c'],
  ['$..no', 'a[b][no]=1', 'a[b][no]=%5Bredacted%5D'],
  ["$['first name']", 'first+name=Ada', 'first+name=%5Bredacted%5D'],
  ['$.x', 'note=write+to+ada%40example.com+now', 'note=write+to+%5Bredacted%5D+now'],
  ['$.x', 'a=%zz&b=%4', 'a=%zz&b=%4'],
])('%s in the form %s', (path, document, expected) => {
  expect(run(() => maskOf([rule(path)], [emails]).form(), document)).toBe(expected);
});

test('a form field that is emptied has no value, and one that is too long is refused', () => {
  const empty = createDocumentMask({ rules: [{ path: '$.a', method: 'null' }], detectors: [], pseudonyms });
  expect(run(() => empty.form(), 'a=1&b=2')).toBe('a=&b=2');
  expect(() => run(() => maskOf([rule('$.a')]).form(), `b=${'x'.repeat(2_000)}`)).toThrow(failing('too-long'));
});

test('parsed values are masked as documents are', () => {
  const mask = maskOf(
    [rule('$.a'), { path: '$..n', method: 'null' }],
    [emails, { detector: 'creditCard', method: 'redact' }],
  );
  const documents = [
    '{"a":{"b":["x",1,true,null]},"c":"mail ada@example.com","d":[1.5,false,4111111111111111]}',
    '[{"n":{"x":1,"y":"z","w":false}},{"__proto__":{"n":"x"}},4111111111111112]',
    '"ada@example.com"',
    '4111111111111111',
  ];
  for (const document of documents) {
    expect(JSON.stringify(mask.maskValue(JSON.parse(document)))).toBe(run(() => mask.json(), document));
  }
  const untouched = { b: [1] };
  expect(maskOf([rule('$.a')]).maskValue(untouched)).toEqual(untouched);
  expect(() => mask.maskValue([undefined])).toThrow(MaskError);
  expect(() => mask.maskValue([1n])).toThrow(MaskError);
  expect(() => mask.maskValue([NaN])).toThrow(MaskError);
  const endless: unknown[] = [];
  endless.push(endless);
  expect(() => mask.maskValue(endless)).toThrow(failing('too-deep'));
});

test('card numbers that are numbers are found, however they are cut', () => {
  const mask = maskOf([], [{ detector: 'creditCard', method: 'redact' }]);
  const rest = '4111111111111112,1,[12345678901234567890123456789012345678901234567890.5e3]';
  expect(run(() => mask.json(), `[4111111111111111,${rest}, 5555555555554444 ]`)).toBe(`[0,${rest}, 0 ]`);
  expect(run(() => mask.json(), '4111111111111111')).toBe('0');
});

test('detectors look at what strings say, not at how they are escaped, and at long strings in parts', () => {
  const mask = maskOf([], [emails]);
  expect(run(() => mask.json(), '["\\u0061da\\u0040example.com","caf\\u00e9 \\/"]')).toBe(
    '["[redacted]","caf\\u00e9 \\/"]',
  );
  const filler = 'lorem ipsum \\"\\ud83d\\ude00\\n'.repeat(1_000);
  const result = run(() => mask.json(), `{"a":"${filler}ada\\u0040example.com,${filler}"}`);
  expect(JSON.parse(result)).toEqual({ a: JSON.parse(`"${filler}[redacted],${filler}"`) });
});

test('a tail is not shown of a value in which a stricter detector finds something', () => {
  const detectors: DetectorRule[] = [{ detector: 'usSsn', method: 'redact' }];
  const mask = maskOf([{ path: '$.a', method: 'partial' }], detectors);
  expect(run(() => mask.json(), '{"a":"ssn 123-45-6789"}')).toBe('{"a":"[redacted]"}');
  expect(run(() => mask.json(), '{"a":"number 123-45"}')).toBe('{"a":"****3-45"}');
  expect(run(() => mask.form(), 'a=ssn+123-45-6789')).toBe('a=%5Bredacted%5D');
});

test('what a mask can change is known', () => {
  expect([maskOf([]).changesJson, maskOf([]).changesText]).toEqual([false, false]);
  expect([maskOf([rule('$.a')]).changesJson, maskOf([rule('$.a')]).changesText]).toEqual([true, false]);
  expect([maskOf([], [emails]).changesJson, maskOf([], [emails]).changesText]).toEqual([true, true]);
  expect(() => maskOf([rule('email')])).toThrow(RangeError);
});

test.each(
  // prettier-ignore
  ['$', '$.email', '$.items[*].card.number', '$..ssn', '$.*', "$['odd.name']", '$["it\'s"]', "$['it\\'s']", '$[0]', '$[*]', '$..*', '$..[0]',
    "$..['a b']", '$.größe', '$.x-y_z', '$.a..b'],
)('%s is a field path', (text) => {
  expect(parseFieldPath(text)).toBeDefined();
});

test.each(
  // prettier-ignore
  ['', 'email', '.email', '$email', '$.', '$..', '$.a.', '$[', '$[]', '$[-1]', '$[01]', '$[1:2]', '$[?(@.a)]', '$.a b', '$[a]', '$["a]', "$['a'",
    '$.a[', '$...a', '$.[0]', "$.['a']", '$[99999999999]', ' $.a', '$.a\n', '$.\ud800', `$${'.a'.repeat(65)}`, `$.${'a'.repeat(1_024)}`, '$.a,b', '$[0,1]'],
)('%j is no field path', (text) => {
  expect(parseFieldPath(text)).toBeUndefined();
});
