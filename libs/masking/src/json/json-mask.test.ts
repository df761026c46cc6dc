import type { MaskMethod } from '@sallyport/domain';
import fc from 'fast-check';
import type { DetectorRule, FieldRule, StreamMask } from '../index.js';
import { createDocumentMask, MaskError, Pseudonyms, redactedText } from '../index.js';

const pseudonyms = new Pseudonyms(Buffer.alloc(32, 7));
const surrogate = /\p{Surrogate}/u;
const nowhere: FieldRule = { path: '$.nowhere', method: 'redact' };

function jsonMask(rules: readonly FieldRule[] = [nowhere], detectors: readonly DetectorRule[] = []): StreamMask {
  return createDocumentMask({ rules, detectors, pseudonyms }).json();
}

/** Masks a document that is cut at the given places. */
function run(mask: StreamMask, document: string | Buffer, cuts: readonly number[] = []): string {
  const bytes = Buffer.from(document);
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  let start = 0;
  const given = ends.map((end) => {
    const chunk = mask.push(bytes.subarray(start, end));
    start = end;
    return chunk;
  });
  return Buffer.concat([...given, mask.end()]).toString();
}

function masked(document: string, path: string, method: MaskMethod = 'redact'): string {
  return run(jsonMask([{ path, method }]), document);
}

function accepts(document: string | Buffer, cuts: readonly number[] = []): boolean {
  try {
    run(jsonMask(), document, cuts);
    return true;
  } catch (error) {
    if (!(error instanceof MaskError)) throw error;
    return false;
  }
}

test.each([
  ['$.email', '{"id":1,"email":"a@b.c","mail":"x"}', `{"id":1,"email":"${redactedText}","mail":"x"}`],
  [
    '$.email',
    '{"\\u0065mail":"a","E-mail":"b","EMAIL":"c"}',
    `{"\\u0065mail":"[redacted]","E-mail":"b","EMAIL":"[redacted]"}`,
  ],
  ['$.key', '{"\u212aey":"a"}', '{"\u212aey":"[redacted]"}'],
  ['$.größe', '{"GRÖSSE":"a","gro\u0308\u00dfe":"b"}', '{"GRÖSSE":"[redacted]","gro\u0308\u00dfe":"[redacted]"}'],
  ['$.a', '{"a":1,"a":2,"b":3,"a":[4]}', '{"a":0,"a":0,"b":3,"a":[0]}'],
  ['$.a', '{"a":{"b":"x","c":[1,true,null,{"d":-2.5e3}]}}', '{"a":{"b":"[redacted]","c":[0,false,null,{"d":0}]}}'],
  ['$.a.b', '{"b":1,"a":{"b":2,"c":{"b":3}}}', '{"b":1,"a":{"b":0,"c":{"b":3}}}'],
  ['$.items[*].card', '{"items":[{"card":1},{"card":2}],"card":3}', '{"items":[{"card":0},{"card":0}],"card":3}'],
  ['$..ssn', '[{"ssn":1},{"a":{"ssn":{"x":2}}}]', '[{"ssn":0},{"a":{"ssn":{"x":0}}}]'],
  ['$..a.b', '{"a":{"a":{"b":1},"b":2},"b":3}', '{"a":{"a":{"b":0},"b":0},"b":3}'],
  ['$.*', '{"a":1,"b":[2]}', '{"a":0,"b":[0]}'],
  ['$[1]', '[1, 2 ,3]', '[1, 0 ,3]'],
  ['$[*][0]', '[[1,2],[3,4]]', '[[0,2],[0,4]]'],
  ["$['odd.name']", '{"odd.name":1,"odd":{"name":2}}', '{"odd.name":0,"odd":{"name":2}}'],
  ['$', '12', '0'],
  ['$', '"x"', '"[redacted]"'],
  ['$.__proto__', '{"__proto__":"x"}', '{"__proto__":"[redacted]"}'],
])('%s in %s', (path, document, expected) => {
  expect(masked(document, path)).toBe(expected);
});

test.each<[MaskMethod, string, string]>([
  ['null', '["x",1,true,null]', '[null,null,null,null]'],
  ['redact', '["x",1,true,null]', '["[redacted]",0,false,null]'],
  ['partial', '["4111111111111111",12345678901,true,null]', '["****1111",0,false,null]'],
  ['partial', '["123456789\\ud83d\\ude00\\n\\"\\\\"]', '["****\u{1f600}\\u000a\\"\\\\"]'],
])('by %s, %s becomes %s', (method, document, expected) => {
  expect(masked(document, '$[*]', method)).toBe(expected);
});

test('a pseudonym of a string is that of its text, however it is escaped', () => {
  const [plain, escaped, email] = JSON.parse(masked('["ab","\\u0061b","a@b.example"]', '$[*]', 'pseudonym'));
  expect(plain).toBe(pseudonyms.text(Buffer.from('ab'), 0, 2).toString());
  expect(escaped).toBe(plain);
  expect(email).toMatch(/^u_[0-9a-f]{16}@masked[.]invalid$/);
});

test('a pseudonym of a number is a number that is the same for every way to write it', () => {
  const [a, b, c, d, e] = JSON.parse(
    masked('[150,1.5e2,150.0,9007199254740993,9007199254740992]', '$[*]', 'pseudonym'),
  );
  expect([a, b, c]).toEqual([a, a, a]);
  expect(d).not.toBe(e);
  for (const value of [a, d, e]) expect(String(value)).toMatch(/^[1-9][0-9]{14}$/);
});

test('of two rules for one value the stricter counts, also one further down', () => {
  const rules: FieldRule[] = [
    { path: '$.a', method: 'partial' },
    { path: '$.a.b', method: 'redact' },
    { path: '$..c', method: 'null' },
  ];
  const document = '{"a":{"b":"0123456789","c":"0123456789","d":"0123456789"}}';
  expect(run(jsonMask(rules), document)).toBe('{"a":{"b":"[redacted]","c":null,"d":"****6789"}}');
});

test('values too long to be held are hidden whole, and too long names refused', () => {
  const mask = (method: MaskMethod): StreamMask =>
    createDocumentMask({ rules: [{ path: '$.a', method }], detectors: [], pseudonyms, maxScalarBytes: 100 }).json();
  for (const length of [101, 5_000]) {
    for (const cuts of [[], [30, 60, 90, 400]]) {
      expect(run(mask('partial'), `{"a":"${'x'.repeat(length)}"}`, cuts)).toBe('{"a":"[redacted]"}');
      expect(run(mask('pseudonym'), `{"a":${'1'.repeat(length)}}`, cuts)).toBe('{"a":0}');
    }
  }
  expect(() => run(mask('redact'), `{"${'k'.repeat(101)}":1}`, [50])).toThrow(
    expect.objectContaining({ code: 'too-long' }),
  );
});

test.each(
  // prettier-ignore
  ['', '{}', ' [ ] ', '0', '-0', '-1.5E+10', '""', '"\\ud800"', '{"a":{}}', '[[],[]]', 'null', '"\\u00e9\\/"', '\t\n\r 1 ',
    '{"":1}', '"\u007f"', '1e5', '[1,2]'],
)('accepts %j', (document) => {
  expect(accepts(document)).toBe(true);
  expect(accepts(document, [...Buffer.from(document).keys()])).toBe(true);
});

test.each(
  // prettier-ignore
  [' ', '{', '}', '[', ']', '[1,]', '{"a":1,}', '{,}', '[,1]', '{a:1}', "{'a':1}", '01', '-', '1.', '.5', '+1', '1e', '1e+', '0x1', 'NaN',
    'Infinity', 'nul', 'nulll', 'True', '1 2', '{} {}', '[] x', '"', '"\\x"', '"\\u12g4"', '"\\u12', '"\n"', '"\u0000"', '// x\n1',
    '/* */1', '{"a"}', '{"a" 1}', '{"a":}', '{"a":1 "b":2}', '[1 2]', '[1}', '{"a":1]', '\ufeff1', ')]}\'\n{}', '1\u0000', '1\f',
    '{1:2}', '{"a":1,,"b":2}', '{"\\ud800":1}', '{"\\udc00\\ud800":1}', '[\u00a01]', 'undefined', '"a" "b"', '-a', '--1', '1-', '1.e1'],
)('refuses %j', (document) => {
  expect(accepts(document)).toBe(false);
  expect(accepts(document, [...Buffer.from(document).keys()])).toBe(false);
});

test.each([
  ['a lone continuation', Buffer.from([0x22, 0x80, 0x22])],
  ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['a character cut off', Buffer.from([0x22, 0xe2, 0x82, 0x22])],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ['a cut at the end', Buffer.from([0x31, 0xe2])],
])('refuses %s', (_, document) => {
  expect(accepts(document)).toBe(false);
  expect(accepts(document, [...document.keys()])).toBe(false);
});

test('agrees with JSON.parse on what JSON is, for documents with something changed in them', () => {
  const characters = [...'{}[]:,"\\/ \n019.-+eEtrufalsn\u0001é'];
  const change = fc.record({ at: fc.nat(), remove: fc.nat(2), insert: fc.constantFrom('', ...characters) });
  fc.assert(
    fc.property(
      fc.json(),
      fc.array(change, { maxLength: 2 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      (json, changes, cuts) => {
        let document = json;
        for (const { at, remove, insert } of changes) {
          const place = at % (document.length + 1);
          document = document.slice(0, place) + insert + document.slice(place + remove);
        }
        fc.pre(!surrogate.test(document) && document !== '');
        let parses = true;
        try {
          const names = JSON.stringify(
            JSON.parse(document, (key, value: unknown) => (!surrogate.test(key) ? value : { '\ud800': 0 })),
          );
          fc.pre(!names.includes('"\\ud800":0'));
        } catch {
          parses = false;
        }
        expect(accepts(document, cuts)).toBe(parses);
        if (parses) expect(run(jsonMask(), document, cuts)).toBe(document);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('depth is bounded', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(accepts(nested(512))).toBe(true);
  expect(() => run(jsonMask(), nested(513))).toThrow(expect.objectContaining({ code: 'too-deep' }));
});

test('after a failure everything fails', () => {
  const mask = jsonMask();
  expect(() => mask.push(Buffer.from('}'))).toThrow(MaskError);
  expect(() => mask.push(Buffer.from('{}'))).toThrow(MaskError);
  expect(() => mask.end()).toThrow(MaskError);
});

test('what nothing touches is given back as it is, without a copy', () => {
  const chunk = Buffer.from('{"a":[1,"x",{"b":tr');
  expect(jsonMask().push(chunk)).toBe(chunk);
});

test('rules that could meet in more ways than are followed are refused', () => {
  const rules: FieldRule[] = [{ path: `$..a${'.*'.repeat(20)}.b`, method: 'redact' }];
  const mask = createDocumentMask({ rules, detectors: [], pseudonyms });
  const documents = Array.from({ length: 20_000 }, (_, index) =>
    [...index.toString(2)].reduce((inner, bit) => `{"${bit === '1' ? 'a' : 'c'}":${inner}}`, '1'),
  );
  expect(() => documents.forEach((document) => run(mask.json(), document))).toThrow(
    expect.objectContaining({ code: 'too-complex' }),
  );
});
