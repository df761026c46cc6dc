import fc from 'fast-check';
import { WireFault } from '../message.js';
import { frameChunk, lastChunk } from './chunk-frame.js';
import { ChunkedDecoder } from './chunked-decoder.js';

test.each([
  ['0\r\n\r\n', ''],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['1\r\na\r\n2\r\nbc\r\n000\r\n\r\n', 'abc'],
  ['A\r\n0123456789\r\n0\r\nX-Trailer: dropped\r\nContent-Length: 5\r\n\r\n', '0123456789'],
  ['0000000a\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
])('%j', (bytes, body) => {
  expect(decode(bytes)).toEqual({ body, done: true, left: '' });
});

test('what follows the body is left alone', () => {
  expect(decode('1\r\na\r\n0\r\n\r\nGET /')).toEqual({ body: 'a', done: true, left: 'GET /' });
});

test.each([
  '5;ext=1\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n',
  ' 5\r\nhello',
  '\r\n',
  '0x5\r\nhello',
  '+5\r\n',
  '-1\r\n',
  'g\r\n',
  '5\nhello',
  '5\rhello',
  '5\r\nhello0\r\n',
  '5\r\nhello\n0',
  '5\r\nhelloX',
  '123456789\r\n',
  '000000001\r\n',
  '0\r\n\n',
  '0\r\nBad Name: x\r\n\r\n',
  '0\r\n folded\r\n\r\n',
  '0\r\nX: a\nY: b\r\n\r\n',
  '0\r\nno colon\r\n\r\n',
  '0\r\nX: \0\r\n\r\n',
  ';\r\n',
  '5\t\r\nhello',
])('HT-01: %j is no body', (bytes) => {
  expect(() => decode(bytes)).toThrow(WireFault);
});

test('HT-19: trailers are bounded', () => {
  expect(() => decode(`0\r\n${`X: ${'a'.repeat(100)}\r\n`.repeat(100)}`)).toThrow('trailers are too large');
  expect(() => decode(`0\r\n${'a'.repeat(9000)}`)).toThrow('trailers are too large');
});

test('a body in chunks is the body, wherever the bytes are cut', () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunks, fc.array(fc.nat(300), { maxLength: 10 }), (parts, cuts) => {
      const framed = Buffer.concat([...parts.map((part) => frameChunk(Buffer.from(part))), lastChunk]).toString(
        'latin1',
      );
      const body = Buffer.concat(parts).toString('latin1');
      expect(decode(`${framed}rest`, cuts)).toEqual({ body, done: true, left: 'rest' });
      expect(
        decode(
          framed,
          [...framed].map((_, at) => at),
        ),
      ).toEqual({ body, done: true, left: '' });
    }),
    { numRuns: 300 },
  );
});

test('tiny chunks are handed on as one', () => {
  const decoder = new ChunkedDecoder();
  const framed = Buffer.from(`${'1\r\na\r\n'.repeat(1000)}0\r\n\r\n`);
  expect(decoder.step(framed, 0, framed.length)).toBe(framed.length);
  expect(decoder.chunk?.toString()).toBe('a'.repeat(1000));
});

function decode(bytes: string, cuts: readonly number[] = []): { body: string; done: boolean; left: string } {
  const decoder = new ChunkedDecoder();
  const all = Buffer.from(bytes, 'latin1');
  const ends = [...cuts.filter((cut) => cut < all.length), all.length].sort((a, b) => a - b);
  let body = '';
  let from = 0;
  let used = 0;
  for (const end of ends) {
    const piece = Buffer.from(all.subarray(from, end));
    if (!decoder.done) {
      used += decoder.step(piece, 0, piece.length);
      body += decoder.chunk?.toString('latin1') ?? '';
    }
    from = end;
  }
  return { body, done: decoder.done, left: bytes.slice(used) };
}
