import fc from 'fast-check';
import { WireFault } from '../message.js';
import { defaultServerLimits } from '../server/server-limits.js';
import { InputBuffer } from './input-buffer.js';
import { RequestHeadParser, type ParsedRequest } from './request-head-parser.js';

const host = 'Host: gw\r\n';

test('a head is what RFC 9112 says it is', () => {
  const parsed = parse(
    'POST /a%62?q=1 HTTP/1.1\r\nHost: GW:8443\r\nX-A:  one \t\r\nx-a:two\r\nX-Empty:\r\nX-Obs: \xe9\r\n' +
      'Content-Length: 12\r\nConnection: keep-alive\r\nTE: trailers\r\n\r\n',
  );
  expect(parsed.head).toEqual({
    method: 'POST',
    target: { path: '/ab', segments: ['ab'], query: 'q=1' },
    authority: 'gw:8443',
    headers: [
      ['x-a', 'one'],
      ['x-a', 'two'],
      ['x-empty', ''],
      ['x-obs', '\xe9'],
    ],
    version: '1.1',
    upgrade: undefined,
    bodyLength: 12,
  });
  expect(parsed.framing).toMatchObject({ body: 12, keepAlive: true, expectsContinue: false });
});

test.each([
  ['GET / HTTP/1.1\r\nHost: gw\r\n\r\n', { body: 0, keepAlive: true }],
  ['GET / HTTP/1.0\r\nHost: gw\r\n\r\n', { body: 0, keepAlive: false }],
  ['GET / HTTP/1.1\r\nHost: gw\r\nConnection: Close\r\n\r\n', { keepAlive: false }],
  ['DELETE / HTTP/1.1\r\nHost: gw\r\nContent-Length: 3\r\n\r\n', { body: 3 }],
  ['POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n', { body: 'chunked' }],
  [
    'POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 007\r\nExpect: 100-Continue\r\n\r\n',
    { body: 7, expectsContinue: true },
  ],
  ['GET / HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\n\r\n', { expectsContinue: false }],
  ['GET / HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n', { upgrade: 'SPDY/3.1' }],
  [
    'GET / HTTP/1.1\r\nHost: gw\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n',
    { upgrade: 'websocket' },
  ],
  ['GET / HTTP/1.1\r\nHost: gw\r\nUpgrade: websocket\r\n\r\n', { upgrade: undefined }],
  ['GET / HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n', { upgrade: undefined }],
  ['GET / HTTP/1.0\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', { upgrade: undefined }],
])('framing of %j', (bytes, framing) => {
  expect(parse(bytes).framing).toMatchObject(framing);
});

test('HT-07: fields that Connection names end here, and what it says of itself goes no further', () => {
  const { head } = parse(
    `GET / HTTP/1.1\r\n${host}Connection: close, X-User, Authorization\r\nX-User: root\r\nX-B: b\r\n\r\n`,
  );
  expect(head.headers).toEqual([['x-b', 'b']]);
});

/** HT-01: bytes that two servers in a row read differently. What is answered, and what starts which server's misreading. */
const smuggling: readonly (readonly [status: number, code: string, head: string])[] = [
  [400, 'two-framings', `POST / HTTP/1.1\r\n${host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n`],
  [400, 'two-framings', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n`],
  ...[
    'xchunked',
    'chunked\x0b',
    'chunked, chunked',
    'gzip, chunked',
    'chunked, identity',
    'identity',
    'Chunked',
    'chunked;q=1',
    '"chunked"',
    '',
    'chunked,',
    ',chunked',
    ' chunked\t',
    '\tchunked',
    'chunked\x00',
    'chunked \r\n ',
    'chu\r\n nked',
  ].map((value) => [400, '', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: ${value}\r\n`] as const),
  [400, 'repeated-field', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n`],
  [400, 'repeated-field', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n`],
  [400, 'bad-transfer-coding', `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n`],
  [400, 'repeated-field', `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 5\r\n`],
  [400, 'repeated-field', `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\ncontent-length: 6\r\n`],
  ...['+5', '-5', '5, 5', '5,', '0x5', '5 5', '5.0', '', '５', '1e1', '5;', '9'.repeat(16), '\t5', '5\t'].map(
    (value) => [400, '', `POST / HTTP/1.1\r\n${host}Content-Length: ${value}\r\n`] as const,
  ),
  ...[
    'Content-Length : 5',
    'Content-Length\t: 5',
    'Transfer-Encoding : chunked',
    ' Content-Length: 5',
    ': 5',
    'NoColon',
    'A B: c',
  ].map((line) => [400, '', `POST / HTTP/1.1\r\n${host}${line}\r\n`] as const),
  ...[
    'X: a\r\n b',
    'X: a\r\n\tb',
    'X: a\nY: b',
    'X: a\rY: b',
    'X: a\0b',
    'X: a\x7fb',
    'X\0: a',
    'X(: a',
    'X\xe9: a',
    'X: a\r\r\nY: b',
  ].map((line) => [400, '', `GET / HTTP/1.1\r\n${host}${line}\r\n`] as const),
  [400, 'folded-field', `GET / HTTP/1.1\r\n X: a\r\n${host}`],
  [400, '', `GET / HTTP/1.1\n${host}`],
  [400, 'bad-method', '\r\nGET / HTTP/1.1\r\nHost: gw\r\n'],
  [400, '', `GET  / HTTP/1.1\r\n${host}`],
  [400, '', `GET /  HTTP/1.1\r\n${host}`],
  [400, '', `GET\t/ HTTP/1.1\r\n${host}`],
  [400, '', `GET / HTTP/1.1 \r\n${host}`],
  [400, '', `GET / http/1.1\r\n${host}`],
  [400, '', `GET / HTTP/01.1\r\n${host}`],
  [400, '', `GET /a b HTTP/1.1\r\n${host}`],
  [400, 'bad-method', `GE(T / HTTP/1.1\r\n${host}`],
  [400, 'bad-method', `${'A'.repeat(65)} / HTTP/1.1\r\n${host}`],
  [505, 'http-version', 'GET /\r\n'],
  [505, 'http-version', `GET / HTTP/0.9\r\n${host}`],
  [505, 'http-version', `GET / HTTP/1.2\r\n${host}`],
  [505, 'http-version', `GET / HTTP/2.0\r\n${host}`],
  [505, 'http-version', 'PRI * HTTP/2.0\r\n'],
  [400, 'bad-host', 'GET / HTTP/1.1\r\n'],
  [400, 'bad-host', 'GET / HTTP/1.0\r\n'],
  [400, 'bad-host', 'GET / HTTP/1.1\r\nHost:\r\n'],
  [400, 'bad-host', 'GET / HTTP/1.1\r\nHost: gw, other\r\n'],
  [400, 'repeated-field', `GET / HTTP/1.1\r\n${host}${host}`],
  [400, 'repeated-field', `GET / HTTP/1.1\r\n${host}hOst: other\r\n`],
  [400, 'authority-mismatch', `GET http://other/ HTTP/1.1\r\n${host}`],
  [400, 'dot-segment', `GET /a/%2e%2e/b HTTP/1.1\r\n${host}`],
  [400, 'bad-target', `GET gw:443 HTTP/1.1\r\n${host}`],
  [501, 'connect', `CONNECT / HTTP/1.1\r\n${host}`],
  [501, 'connect', `CONNECT gw:443 HTTP/1.1\r\n${host}`],
  [501, 'asterisk-target', `OPTIONS * HTTP/1.1\r\n${host}`],
  [417, 'bad-expectation', `POST / HTTP/1.1\r\n${host}Expect: 200-ok\r\nContent-Length: 1\r\n`],
  [
    400,
    'upgrade-with-body',
    `POST / HTTP/1.1\r\n${host}Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n`,
  ],
  [400, 'repeated-field', `GET / HTTP/1.1\r\n${host}Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n`],
  ...['content-length', 'Transfer-Encoding', 'host', 'a b', '@', ''].map(
    (option) => [400, 'bad-connection', `GET / HTTP/1.1\r\n${host}Connection: ${option}\r\n`] as const,
  ),
];

test.each(smuggling)('HT-01: %d %s %j', (status, code, head) => {
  const fault = faultOf(`${head}\r\n`);
  expect(fault.status).toBe(status);
  if (code !== '') expect(fault.code).toBe(code);
});

test('HT-19: what is too long is refused before it is complete, and as it would be when complete', () => {
  const long = `GET /${'a'.repeat(16 * 1024)} HTTP/1.1\r\n${host}\r\n`;
  const wide = `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(64 * 1024)}\r\n\r\n`;
  const many = `GET / HTTP/1.1\r\n${host}${'x: y\r\n'.repeat(100)}\r\n`;
  for (const [bytes, status] of [
    [long, 414],
    [wide, 431],
    [many, 431],
  ] as const) {
    expect(faultOf(bytes).status).toBe(status);
    expect(faultOf(bytes, [...bytes].length / 2).status).toBe(status);
  }
  expect(faultOf('A'.repeat(16 * 1024 + 2), 100).status).toBe(414);
});

const requests = [
  `GET /a?b=c HTTP/1.1\r\n${host}Accept: */*\r\n\r\n`,
  `POST /x HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nCookie: a=b; c=d\r\nX:\r\n\r\n`,
  ...smuggling.map(([, , head]) => `${head}\r\n`),
];

test('HT-01: how bytes are cut into chunks changes nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...requests), fc.array(fc.nat(200), { maxLength: 6 }), (bytes, cuts) => {
      const whole = outcome(bytes, []);
      expect(outcome(bytes, cuts)).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
  for (const bytes of requests)
    expect(
      outcome(
        bytes,
        [...bytes].map((_, at) => at),
      ),
    ).toEqual(outcome(bytes, []));
});

test('whatever the bytes are, they are a request, or more is needed, or a fault', () => {
  const pieces = fc.constantFrom(
    'GET ',
    '/',
    ' HTTP/1.1',
    '\r\n',
    'Host: gw',
    ': ',
    'Content-Length',
    '5',
    '\n',
    '\r',
    '\0',
    'a',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      const result = outcome(`${parts.join('')}`, []);
      expect(['request', 'more', 'fault']).toContain(result.kind);
    }),
    { numRuns: 2000 },
  );
});

test('what follows a head is left alone', () => {
  const input = new InputBuffer();
  const parser = new RequestHeadParser(defaultServerLimits);
  input.push(Buffer.from(`GET /1 HTTP/1.1\r\n${host}\r\nGET /2 HTTP/1.1\r\n${host}\r\nrest`));
  expect(parser.parse(input)?.head.target.path).toBe('/1');
  expect(parser.parse(input)?.head.target.path).toBe('/2');
  expect(input.takeAll().toString()).toBe('rest');
});

interface Outcome {
  readonly kind: 'request' | 'more' | 'fault';
  readonly parsed?: ParsedRequest;
  readonly status?: number;
}

function outcome(bytes: string, cuts: readonly number[]): Outcome {
  const input = new InputBuffer();
  const parser = new RequestHeadParser(defaultServerLimits);
  const all = Buffer.from(bytes, 'latin1');
  const ends = [...cuts.filter((cut) => cut < all.length), all.length].sort((a, b) => a - b);
  let from = 0;
  try {
    for (const end of ends) {
      input.push(Buffer.from(all.subarray(from, end)));
      from = end;
      const parsed = parser.parse(input);
      if (parsed) return { kind: 'request', parsed };
    }
  } catch (fault) {
    if (!(fault instanceof WireFault)) throw fault;
    return { kind: 'fault', status: fault.status };
  }
  return { kind: 'more' };
}

function parse(bytes: string): ParsedRequest {
  const { parsed } = outcome(bytes, []);
  if (!parsed) throw new Error('no request');
  return parsed;
}

function faultOf(bytes: string, cut = 0): WireFault {
  const input = new InputBuffer();
  const parser = new RequestHeadParser(defaultServerLimits);
  const all = Buffer.from(bytes, 'latin1');
  try {
    input.push(all.subarray(0, cut));
    parser.parse(input);
    input.push(all.subarray(cut));
    parser.parse(input);
  } catch (fault) {
    if (fault instanceof WireFault) return fault;
    throw fault;
  }
  throw new Error('taken');
}
