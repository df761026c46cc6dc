import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { HeaderField } from '@sallyport/http-wire';
import fc from 'fast-check';
import { jsonText } from '../json/json-value.js';
import { parseJsonText } from '../json/strict-json.js';
import { readRequestBody, type RequestBody } from './request-body.js';
import { RequestFault } from './request-fault.js';

const limit = 65_536 * 4;

function read(body: Buffer | string, headers: readonly HeaderField[], length?: number): Promise<RequestBody> {
  const bytes = Buffer.from(body);
  const head = {
    method: 'POST',
    target: { path: '/', segments: [''], query: undefined },
    authority: 'gateway',
    headers,
    version: '1.1' as const,
    upgrade: undefined,
    bodyLength: length ?? bytes.length,
  };
  return readRequestBody({ head, readBody: () => Promise.resolve(bytes) }, limit);
}
const json = (text: Buffer | string, type = 'application/json') => read(text, [['content-type', type]]);

async function status(reading: Promise<unknown>): Promise<number> {
  try {
    await reading;
  } catch (error) {
    if (error instanceof RequestFault) return error.status;
    throw error;
  }
  return 0;
}

test('HT-14 JSON on which readers differ is refused', async () => {
  const texts = [
    '{"role":"user","role":"admin"}',
    '{"role":"user","Role":"admin"}',
    '{"s":1,"\u017f":2}',
    '{"__proto__":{}}',
    '{"\\u005f_proto__":{}}',
    '\ufeff{}',
    '{"a":NaN}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":"\\ud800"}',
    '{"a":"\\x41"}',
    '{"a":"\t"}',
    "{'a':1}",
    '{"a":1,}',
    '[1,]',
    '{"a":1} {}',
    '// c\n{}',
    '{"a"',
    ")]}'\n{}",
    'callback({})',
    '['.repeat(65) + ']'.repeat(65),
  ];
  for (const text of texts) expect({ text, status: await status(json(text)) }).toEqual({ text, status: 400 });
  expect(await status(json(Buffer.from([0x22, 0xc0, 0xaf, 0x22])))).toBe(400);
  expect(await status(json(Buffer.from('{"a":1}', 'utf16le')))).toBe(400);
  expect(await status(json('{}', 'application/json; charset=utf-16'))).toBe(415);
  expect(
    await status(
      read('{}', [
        ['content-type', 'application/json'],
        ['content-type', 'text/plain'],
      ]),
    ),
  ).toBe(400);
  expect(await status(json('{}', 'application/json; charset=utf-8; charset=utf-16'))).toBe(400);
});

test('HT-14 what is forwarded is the document that was read, spelled once', async () => {
  const body = await json(
    ' { "\\u0061" : [ 1.50 , 12345678901234567890 , "\\/" ] } ',
    'application/vnd.api+json; charset="UTF-8"',
  );
  expect(String(body.forward)).toBe('{"a":[1.50,12345678901234567890,"/"]}');
  expect(body.contentType).toBe('application/vnd.api+json; charset=UTF-8');
  expect(body.text).toBe(String(body.forward));
});

test('HT-14 numbers are compared in one spelling, and as a double reads them', async () => {
  const { facts } = await json('{"a":1e6,"b":1000000.0,"c":-0.0,"d":12345678901234567890,"e":1.5e-3,"f":1E400}');
  expect(facts.values).toEqual([
    '$.a=1000000',
    '$.b=1000000',
    '$.c=0',
    '$.d=12345678901234567000',
    '$.d=12345678901234567890',
    '$.e=0.0015',
    '$.f=1E400',
  ]);
});

test('facts name every scalar and every place, list items alike', async () => {
  const { facts } = await json('{"items":[{"sku":"a"},{"sku":null}],"odd.name":true,"it\'s":{}}');
  expect(facts).toEqual({
    known: true,
    values: ['$.items[*].sku=a', '$.items[*].sku=null', "$['odd.name']=true"],
    paths: ['$', '$.items', '$.items[*]', '$.items[*].sku', "$['it\\'s']", "$['odd.name']"],
  });
});

test('a body that says more than policy can look through is not known', async () => {
  const { facts, forward } = await json(JSON.stringify(Array.from({ length: 6000 }, (_, index) => index)));
  expect(facts).toEqual({ known: false, values: [], paths: [] });
  expect(forward).toBeInstanceOf(Buffer);
});

test('HT-13 encoded bodies are read and forwarded decoded, up to the limit', async () => {
  for (const [coding, encode] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const headers = [
      ['content-type', 'application/json'],
      ['content-encoding', coding],
    ] as const;
    const body = await read(encode(Buffer.from('{"a":1}')), headers);
    expect(String(body.forward)).toBe('{"a":1}');
    expect(await status(read(encode(Buffer.alloc(limit + 1, 0x20)), headers))).toBe(413);
    expect(await status(read('not encoded', headers))).toBe(400);
  }
  for (const coding of ['compress', 'gzip, gzip', 'exi']) {
    expect(await status(read('', [['content-encoding', coding]]))).toBe(415);
  }
});

test('HT-15 forms keep repeated parameters and are forwarded in one spelling', async () => {
  const form = await read('a=1&a=2&b=x+y%2Bz;c=3&flag', [['content-type', 'application/x-www-form-urlencoded']]);
  expect(form.facts.values).toEqual(['$.a=1', '$.a=2', '$.b=x y+z;c=3', '$.flag=']);
  expect(String(form.forward)).toBe('a=1&a=2&b=x%20y%2Bz%3Bc%3D3&flag');
  for (const text of ['a=%zz', 'a=%', 'a=%c0%af', 'x&'.repeat(1001)]) {
    expect(await status(read(text, [['content-type', 'application/x-www-form-urlencoded']]))).toBe(400);
  }
});

test('HT-15 multipart forms are taken apart strictly and put together anew', async () => {
  const type = 'multipart/form-data; boundary=xx';
  const field = '--xx\r\nContent-Disposition: form-data; name="role"\r\n\r\nuser\r\n';
  const file =
    '--xx\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n\r\n--x\r\n';
  const fields = await json(`${field}--xx--\r\n`, type);
  expect(fields.facts).toEqual({ known: true, values: ['$.role=user'], paths: ['$.role'] });
  const both = await json(`${field}${file}--xx--`, type);
  expect(both.facts).toEqual({ known: false, values: ['$.role=user'], paths: ['$.f', '$.role'] });
  const again = await json(both.forward as Buffer, both.contentType);
  expect(again.facts).toEqual(both.facts);
  expect((await json(both.forward as Buffer, both.contentType)).forward).toEqual(again.forward);
  for (const text of [
    `preamble\r\n${field}--xx--`,
    `${field}--xx--\r\nepilogue`,
    field,
    `${field.replaceAll('\r\n', '\n')}--xx--`,
    `${field.replace('name="role"', 'name="role"; name="x"')}--xx--`,
    `${field.replace('name="role"', `name="role"; filename*=UTF-8''x`)}--xx--`,
    `${field.replace('\r\n\r\n', '\r\nContent-Transfer-Encoding: base64\r\n\r\n')}--xx--`,
    `${field.replace('\r\n\r\n', '\r\ncontent-disposition: form-data; name="y"\r\n\r\n')}--xx--`,
    '--xx--',
  ]) {
    expect({ text, status: await status(json(text, type)) }).toEqual({ text, status: 400 });
  }
  for (const bad of [
    'multipart/form-data',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="a b"',
  ]) {
    expect(await status(json(`${field}--xx--`, bad))).toBe(400);
  }
});

test('what is not understood is bound by its digest when it is short, and streams as unknown when it is long', async () => {
  const short = await read('x', [['content-type', 'application/pdf']]);
  expect(short.facts.known).toBe(false);
  expect(short.text).toMatch(/^\[body application\/pdf, 1 bytes, SHA-256 2d711642/);
  const long = await read('', [['content-type', 'application/pdf']], 10_000_000);
  expect([long.forward, long.facts.known]).toEqual(['stream', false]);
});

test('JSON that is read and spelled means what it meant', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      let spelled: string;
      try {
        spelled = jsonText(parseJsonText(text, { depth: 64 }));
      } catch {
        // Names that differ only in case, __proto__ and lone surrogates.
        return;
      }
      expect(JSON.parse(spelled)).toEqual(JSON.parse(text));
    }),
  );
});
