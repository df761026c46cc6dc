import { constants } from 'node:http2';
import { RawSocket } from '@sallyport/testing';
import { bodyOf, echo, WireServer, type SeenRequest } from '../testing/wire-server.js';

/** What no library would send: frames by hand (RFC 9113 section 4, RFC 7541 section 6.2.2). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const endStream = 1;
const endHeaders = 4;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function headers(stream: number, fields: readonly (readonly [string, string])[], flags: number): Buffer {
  const block = fields.map(([name, value]) =>
    Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]),
  );
  return frame(1, flags, stream, Buffer.concat(block));
}

const data = (stream: number, text: string, flags = 0): Buffer => frame(0, flags, stream, Buffer.from(text));
const reset = (stream: number, code: number): Buffer => frame(3, 0, stream, Buffer.from([0, 0, 0, code]));
const request = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'gw'],
  [':path', '/x'],
] as const;

let server: WireServer;
let client: RawSocket;

async function open(onRequest: Parameters<typeof WireServer.start>[0]['onRequest']): Promise<void> {
  server = await WireServer.start({ onRequest, alpn: ['h2'] });
  client = await RawSocket.connect(server.port);
  await client.startTls({ ca: server.ca, servername: 'localhost', ALPNProtocols: ['h2'] });
  client.write(Buffer.concat([preface, frame(4, 0, 0, Buffer.alloc(0))]));
}

afterEach(async () => {
  client.destroy();
  await server.stop();
});

test.each([
  ['CANCEL', reset(1, constants.NGHTTP2_CANCEL)],
  ['NO_ERROR', reset(1, constants.NGHTTP2_NO_ERROR)],
  ['a length that is not kept', data(1, 'x', endStream)],
])('K8-20: a body broken off by %s is never whole', async (_, breaking) => {
  const ended: string[] = [];
  let aborted = 0;
  await open((incoming) => {
    incoming.onAbort(() => aborted++);
    bodyOf(incoming).then(
      () => ended.push('whole'),
      (fault) => ended.push(fault.code),
    );
  });
  client.write(Buffer.concat([headers(1, [...request, ['content-length', '9']], endHeaders), data(1, 'half')]));
  await client.readFor(100);
  expect(ended).toEqual([]);
  client.write(breaking);
  await client.readFor(100);
  expect({ ended, aborted }).toEqual({ ended: ['client-gone'], aborted: 1 });
});

test('the same frames with their end make a whole body', async () => {
  const seen: SeenRequest[] = [];
  await open(echo(seen));
  client.write(Buffer.concat([headers(1, request, endHeaders), data(1, 'half'), data(1, 'half', endStream)]));
  await client.readUntil('"body":"halfhalf"}');
  expect(seen).toHaveLength(1);
});

test.each([
  ['an upper-case name', [['X-Upper', 'a']]],
  ['a field about the connection', [['connection', 'close']]],
  ['a transfer coding', [['transfer-encoding', 'chunked']]],
  ['an upgrade', [['upgrade', 'websocket']]],
  ['a second authority', [[':authority', 'other']]],
  ['a second path', [[':path', '/y']]],
  [
    'two lengths',
    [
      ['content-length', '4'],
      ['content-length', '5'],
    ],
  ],
  [
    'two hosts',
    [
      ['host', 'gw'],
      ['host', 'gw'],
    ],
  ],
  ['another host', [['host', 'other']]],
  ['te', [['te', 'gzip']]],
] as [string, [string, string][]][])('K8-20: %s reaches no handler', async (_, fields) => {
  const seen: SeenRequest[] = [];
  await open(echo(seen));
  client.write(headers(1, [...request, ...fields], endHeaders | endStream));
  await client.readFor(100);
  expect(seen).toEqual([]);
  client.write(client.closed ? '' : headers(3, request, endHeaders | endStream));
  await client.readFor(100);
  expect(seen.length).toBe(client.closed ? 0 : 1);
});

test.each([
  ['a value that splits', ['x-a', 'a\r\nb: c']],
  ['a name that splits', ['x-a\r\nb', 'c']],
  ['a name with a colon', ['x:a', 'c']],
  ['a name with a space', ['x a', 'c']],
] as [string, [string, string]][])('K8-20: %s is dropped', async (_, field) => {
  const seen: SeenRequest[] = [];
  await open(echo(seen));
  client.write(headers(1, [...request, field, ['x-b', 'd']], endHeaders | endStream));
  await client.readUntil('"body":""}');
  expect(seen.map((request) => request.headers)).toEqual([[['x-b', 'd']]]);
});

test.each(['nodes', '', 'http://gw/x', '//x', '/x#y', '/%2e%2e/x'])(
  'K8-20: :path %j reaches no handler',
  async (path) => {
    const seen: SeenRequest[] = [];
    await open(echo(seen));
    client.write(headers(1, [...request.slice(0, 3), [':path', path]], endHeaders | endStream));
    await client.readFor(100);
    expect(seen).toEqual([]);
  },
);

test('K8-20: a flood of CONTINUATION frames ends the connection (CVE-2023-45288)', async () => {
  const seen: SeenRequest[] = [];
  await open(echo(seen));
  client.write(headers(1, request, endStream));
  const filler = Buffer.concat([Buffer.from([0, 1, 0x78, 127, 0]), Buffer.alloc(127, 0x61)]);
  for (let at = 0; at < 3000 && !client.closed; at++) client.write(frame(9, 0, 1, filler));
  await client.readToEnd();
  expect(seen).toEqual([]);
});
