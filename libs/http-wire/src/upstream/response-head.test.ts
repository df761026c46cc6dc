import fc from 'fast-check';
import { WireFault } from '../message.js';
import { HeadBuffer } from './head-buffer.js';
import { parseResponseHead, type ParsedResponse } from './response-head.js';

const parse = (lines: string[], method = 'GET', maxFields = 200): ParsedResponse =>
  parseResponseHead(lines.map((line) => `${line}\r\n`).join(''), method, maxFields);

test.each<[string, string[], string, number | undefined]>([
  ['a length', ['HTTP/1.1 200 OK', 'Content-Length: 5'], 'length', 5],
  ['chunks', ['HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'], 'chunked', undefined],
  ['neither', ['HTTP/1.1 200 OK'], 'close', undefined],
  ['no length', ['HTTP/1.1 200 OK', 'Content-Length: 0'], 'none', 0],
  ['HTTP/1.0', ['HTTP/1.0 200 OK', 'Content-Length: 5'], 'length', 5],
  ['204', ['HTTP/1.1 204 No Content'], 'none', 0],
  ['204 with a length of nothing', ['HTTP/1.1 204 No Content', 'Content-Length: 0'], 'none', 0],
  ['304 with the length of what is not sent', ['HTTP/1.1 304 Not Modified', 'Content-Length: 5'], 'none', 0],
  ['no reason', ['HTTP/1.1 200', 'Content-Length: 5'], 'length', 5],
])('framing: %s', (_, lines, framing, bodyLength) => {
  const parsed = parse(lines);
  expect(parsed.framing).toBe(framing);
  expect(parsed.head.bodyLength).toBe(bodyLength);
  expect(parsed.head.untilClose).toBe(framing === 'close' ? true : undefined);
});

test('a response to HEAD has no body, whatever its head says', () => {
  expect(parse(['HTTP/1.1 200 OK', 'Content-Length: 5'], 'HEAD')).toMatchObject({
    framing: 'none',
    head: { bodyLength: 5 },
  });
  expect(parse(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'], 'HEAD').framing).toBe('none');
  expect(parse(['HTTP/1.1 200 OK'], 'HEAD').framing).toBe('none');
});

test.each([
  [['HTTP/2 200 OK']],
  [['HTTP/1.2 200 OK']],
  [['HTTP/0.9 200 OK']],
  [['http/1.1 200 OK']],
  [['HTTP/1.1  200 OK']],
  [['HTTP/1.1 20 OK']],
  [['HTTP/1.1 2000 OK']],
  [['HTTP/1.1 099 OK']],
  [['HTTP/1.1 600 OK']],
  [['HTTP/1.1 +20 OK']],
  [['HTTP/1.1 200 O\0K']],
  [['HTTP/1.1 200 O\nK']],
  [['HTTP/1.1 200 O\rK']],
  [[' HTTP/1.1 200 OK']],
  [['<html>']],
  [['HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 5']],
  [['HTTP/1.1 200 OK', 'Content-Length: 5', 'content-length: 6']],
  [['HTTP/1.1 200 OK', 'Content-Length: 5, 5']],
  [['HTTP/1.1 200 OK', 'Content-Length: +5']],
  [['HTTP/1.1 200 OK', 'Content-Length: -5']],
  [['HTTP/1.1 200 OK', 'Content-Length: 0x5']],
  [['HTTP/1.1 200 OK', 'Content-Length: 5 5']],
  [['HTTP/1.1 200 OK', 'Content-Length:']],
  [['HTTP/1.1 200 OK', 'Content-Length: 9999999999999999']],
  [['HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 5']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked, identity']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: identity']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: xchunked']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked\x0b']],
  [['HTTP/1.1 200 OK', 'Transfer-Encoding:']],
  [['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked']],
  [['HTTP/1.1 204 No Content', 'Content-Length: 5']],
  [['HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked']],
  [['HTTP/1.1 100 Continue', 'Content-Length: 5']],
  [['HTTP/1.1 200 OK', 'X : y']],
  [['HTTP/1.1 200 OK', ' X: y']],
  [['HTTP/1.1 200 OK', 'X: y', '\tz']],
  [['HTTP/1.1 200 OK', ': y']],
  [['HTTP/1.1 200 OK', 'X']],
  [['HTTP/1.1 200 OK', 'X y: z']],
  [['HTTP/1.1 200 OK', 'X: y\nZ: w']],
  [['HTTP/1.1 200 OK', 'X: y\rZ: w']],
  [['HTTP/1.1 200 OK', 'X: y\0']],
  [['HTTP/1.1 200 OK', 'X: \x7f']],
])('a head that two readers could read differently is a fault: %j', (lines) => {
  expect(() => parse(lines)).toThrow(WireFault);
});

test('fields that are about the connection stay here, also those that Connection names', () => {
  const { head, persistent, keepAliveSeconds } = parse([
    'HTTP/1.1 200 OK',
    'Connection: Keep-Alive, X-Hop',
    'Keep-Alive: timeout=5, max=100',
    'Proxy-Connection: keep-alive',
    'X-Hop: 1',
    'Set-Cookie: a=1',
    'Trailer: X-Late',
    'Set-Cookie:  b=\xe9 \t',
    'X-Empty:',
    'Content-Length: 5',
    'TE: trailers',
    'Upgrade: h2c',
  ]);
  expect(head.headers).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=\xe9'],
    ['x-empty', ''],
  ]);
  expect(persistent).toBe(true);
  expect(keepAliveSeconds).toBe(5);
});

test.each([
  [['HTTP/1.1 200 OK', 'Content-Length: 5', 'Connection: foo, Close'], false],
  [['HTTP/1.0 200 OK', 'Content-Length: 5', 'Connection: keep-alive'], false],
  [['HTTP/1.1 200 OK'], false],
  [['HTTP/1.1 200 OK', 'Content-Length: 5'], true],
])('%j: another exchange on the same connection: %s', (lines, expected) => {
  expect(parse(lines).persistent).toBe(expected);
});

test('an upgrade counts only where Connection says so', () => {
  expect(parse(['HTTP/1.1 101 x', 'Upgrade: WebSocket', 'Connection: Upgrade']).upgrade).toBe('websocket');
  expect(parse(['HTTP/1.1 101 x', 'Upgrade: WebSocket']).upgrade).toBeUndefined();
  expect(parse(['HTTP/1.1 101 x', 'Upgrade: a', 'Upgrade: b', 'Connection: upgrade']).upgrade).toBe('a,b');
});

test('fields are counted', () => {
  const lines = ['HTTP/1.1 200 OK', 'A: 1', 'B: 2', 'C: 3'];
  expect(parse(lines, 'GET', 3).head.headers).toHaveLength(3);
  expect(() => parse(lines, 'GET', 2)).toThrow(WireFault);
});

test('a head is cut out of its bytes however they are split', () => {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sizes) => {
      const buffer = new HeadBuffer(1000);
      let at = 0;
      for (let turn = 0; at < bytes.length; turn += 1) {
        const to = Math.min(bytes.length, at + sizes[turn % sizes.length]!);
        const cut = buffer.push(bytes.subarray(at, to));
        at = to;
        if (cut === undefined) continue;
        expect(cut).not.toBe('tooLong');
        if (cut === 'tooLong') return;
        expect(cut.text).toBe('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n');
        expect(`${cut.rest?.toString() ?? ''}${bytes.subarray(at).toString()}`).toBe('hello');
        return;
      }
      throw new Error('the head was not found');
    }),
  );
});

test('a head has a maximum, in one piece and in many', () => {
  const head = `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100)}\r\n\r\n`;
  expect(new HeadBuffer(100).push(Buffer.from(head))).toBe('tooLong');
  const buffer = new HeadBuffer(100);
  const cuts = [...head].map((byte) => buffer.push(Buffer.from(byte)));
  expect(cuts.indexOf('tooLong')).toBe(100);
});
