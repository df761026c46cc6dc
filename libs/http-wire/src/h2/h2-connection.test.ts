import { once } from 'node:events';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { BodyWriter, ServerRequest, Tunnel } from '../message.js';
import type { ServerLimits } from '../server/server-limits.js';
import { answer, echo, WireServer, type SeenRequest } from '../testing/wire-server.js';

let server: WireServer;
let session: ClientHttp2Session;
let seen: SeenRequest[];

afterEach(async () => {
  session.destroy();
  await server.stop();
});

async function serve(onRequest: (request: ServerRequest) => void, limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await WireServer.start({ onRequest, limits, alpn: ['h2', 'http/1.1'] });
  session = connect(`https://localhost:${server.port}`, { ca: server.ca });
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
}

async function serveEcho(limits: Partial<ServerLimits> = {}): Promise<void> {
  seen = [];
  await serve(echo(seen), limits);
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  readonly reset: number;
}

async function collect(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: Record<string, unknown> = {};
  let body = '';
  stream.on('response', (received) => (headers = received));
  stream.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('close', resolve));
  return { status: Number(headers[':status'] ?? 0), headers, body, reset: stream.rstCode ?? 0 };
}

function ask(headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return collect(stream);
}

test('requests at a time are answered on one connection, with their bodies', async () => {
  await serveEcho();
  const answers = await Promise.all([
    ask({ ':path': '/a%62?c' }),
    ask({ ':path': '/x', ':method': 'POST', 'x-a': ['1', '2'], cookie: ['a=b', 'c=d'], te: 'trailers' }, 'hello'),
    ask({ ':path': '/y', ':method': 'PUT', 'content-length': '5' }, 'hello'),
  ]);
  const authority = `localhost:${server.port}`;
  expect(answers.map(({ status, body }) => [status, JSON.parse(body)])).toEqual([
    [200, { line: `GET ${authority}/ab?c 2`, body: '' }],
    [200, { line: `POST ${authority}/x 2`, body: 'hello' }],
    [200, { line: `PUT ${authority}/y 2`, body: 'hello' }],
  ]);
  expect(answers[0]!.headers).toMatchObject({
    'content-type': 'text/plain',
    'content-length': String(answers[0]!.body.length),
  });
  expect(seen[1]!.headers).toEqual([
    ['x-a', '1'],
    ['x-a', '2'],
    ['cookie', 'a=b; c=d'],
  ]);
});

test.each([
  [400, { ':path': '/a/../b' }],
  [400, { ':path': '/a%2fb' }],
  [501, { ':path': '*', ':method': 'OPTIONS' }],
  [400, { ':path': '/', ':scheme': 'ftp' }],
  [417, { ':path': '/', expect: 'miracles' }],
])('K8-20: %d for %j', async (status, headers) => {
  await serveEcho();
  expect((await ask(headers)).status).toBe(status);
  expect(seen).toEqual([]);
  expect((await ask({ ':path': '/next' })).status).toBe(200);
});

test('K8-20: an authority with a user in it is refused, by us or by the library before us', async () => {
  await serveEcho();
  expect([400, 0]).toContain((await ask({ ':path': '/', ':authority': 'user@gw' })).status);
  expect(seen).toEqual([]);
});

test('K8-20: CONNECT is served for WebSockets only', async () => {
  const tunnels: ServerRequest[] = [];
  await serve((request) => {
    tunnels.push(request);
    const tunnel = request.switchProtocols([['sec-websocket-protocol', 'v5.channel.k8s.io']]);
    tunnel.pipe(tunnel);
  });
  const plain = await collect(session.request({ ':method': 'CONNECT', ':authority': 'gw:443' }));
  expect(plain.status).toBe(501);
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/exec', ':scheme': 'https' },
    { endStream: false },
  );
  const [headers] = await once(stream, 'response');
  expect(headers).toMatchObject({ ':status': 200, 'sec-websocket-protocol': 'v5.channel.k8s.io' });
  expect(tunnels[0]!.head).toMatchObject({
    method: 'GET',
    upgrade: 'websocket',
    target: { path: '/exec' },
    bodyLength: 0,
  });
  stream.write('ping');
  const [echoed] = await once(stream, 'data');
  expect(String(echoed)).toBe('ping');
  stream.end();
  await once(stream, 'close');
});

test('a WebSocket that is refused, and one whose client resets it, free their streams', async () => {
  const tunnels: Tunnel[] = [];
  await serve(
    (request) => {
      if (request.head.target.path === '/no') return answer(request, 'no', 403);
      tunnels.push(request.switchProtocols([]));
    },
    { concurrentStreams: 2 },
  );
  const upgrade = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https' };
  for (let at = 0; at < 5; at++) {
    const refused = await collect(session.request({ ...upgrade, ':path': '/no' }, { endStream: false }));
    expect(refused).toMatchObject({ status: 403, body: 'no' });
    const stream = session.request({ ...upgrade, ':path': '/yes' }, { endStream: false });
    await once(stream, 'response');
    stream.close(constants.NGHTTP2_CANCEL);
    await once(tunnels[at]!.resume(), 'close');
  }
});

test('an answer that streams comes as it is written, and one that breaks off is reset', async () => {
  let writer: BodyWriter | undefined;
  await serve((request) => (writer = request.stream({ status: 200, headers: [['x-a', 'b']], bodyLength: undefined })));
  const whole = session.request({ ':path': '/' });
  await once(whole, 'response');
  writer!.write(Buffer.from('one '));
  const [first] = await once(whole, 'data');
  expect(String(first)).toBe('one ');
  const rest = collect(whole);
  writer!.write(Buffer.from('two'));
  writer!.end();
  expect(await rest).toMatchObject({ body: 'two', reset: 0 });
  const broken = session.request({ ':path': '/' });
  broken.on('error', () => undefined);
  await once(broken, 'response');
  writer!.write(Buffer.from('half'));
  setTimeout(() => writer!.abort(), 20);
  expect(await collect(broken)).toMatchObject({ body: 'half', reset: constants.NGHTTP2_INTERNAL_ERROR });
});

test('less than the announced length never looks like a whole answer; HEAD, 204 and 304 have no body', async () => {
  await serve((request) => {
    if (request.head.target.path !== '/short') {
      const status = Number(request.head.target.segments[0]);
      return request.respond({ status, headers: [], bodyLength: undefined }, Buffer.from('hello'));
    }
    const writer = request.stream({ status: 200, headers: [], bodyLength: 10 });
    writer.write(Buffer.from('hello'));
    writer.end();
  });
  expect((await ask({ ':path': '/short' })).reset).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect(await ask({ ':path': '/200', ':method': 'HEAD' })).toMatchObject({
    body: '',
    headers: { 'content-length': '5' },
  });
  for (const status of [204, 304])
    expect(await ask({ ':path': `/${status}` })).toMatchObject({ status, body: '', reset: 0 });
});

test('a head from an upstream cannot add to the answer', async () => {
  await serve((request) => {
    const headers = [['x-a', 'a\r\nb: c']] as [string, string][];
    expect(() => request.respond({ status: 200, headers, bodyLength: 0 }, Buffer.alloc(0))).toThrow(
      'cannot be passed on',
    );
    answer(request, 'bad upstream', 502);
  });
  expect(await ask({ ':path': '/' })).toMatchObject({ status: 502, body: 'bad upstream' });
});

test('a refused upload does not wait for its body, and its stream is freed', async () => {
  await serve((request) => answer(request, 'no', 403), { concurrentStreams: 3 });
  for (let at = 0; at < 10; at++) {
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    stream.write(Buffer.alloc(200_000));
    expect(await collect(stream)).toMatchObject({ status: 403, body: 'no' });
  }
});

test('K8-20: rapid resets end the connection', async () => {
  let requests = 0;
  await serve(() => requests++, { resets: 20 });
  const gone = once(session, 'goaway');
  for (let at = 0; at < 100; at++) {
    if (session.destroyed) break;
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    if (at % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const [code] = await gone;
  expect(code).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(server.faultCodes).toContain('rapid-reset');
  expect(requests).toBeLessThan(60);
});

test('HT-19: too many fields are refused; idle connections and slow bodies end', async () => {
  await serveEcho({ fields: 10, idleMs: 200, bodyIdleMs: 100 });
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`x-${at}`, 'y']));
  expect((await ask({ ':path': '/', ...many })).status).toBe(431);
  const slow = session.request({ ':path': '/', ':method': 'POST' });
  slow.write('half');
  expect((await collect(slow)).status).toBe(408);
  await once(session, 'close');
  while (server.closed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.closed).toBe(1);
});

test('a client that reads nothing holds the writer up, and is cut off', async () => {
  let written = 0;
  await serve(
    (request) => {
      const writer = request.stream({ status: 200, headers: [], bodyLength: undefined });
      const more = (): void => {
        while (writer.write(Buffer.alloc(16 * 1024))) written++;
      };
      writer.onDrain(more);
      more();
    },
    { writeStallMs: 200 },
  );
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => undefined);
  stream.pause();
  await once(stream, 'response');
  await new Promise((resolve) => stream.once('close', resolve));
  expect(written).toBeLessThan(100);
});

test('what a handler throws ends its stream alone', async () => {
  await serve((request) => {
    if (request.head.target.path === '/bad') throw new Error('a mistake');
    answer(request, 'good');
  });
  expect((await ask({ ':path': '/bad' })).reset).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect((await ask({ ':path': '/' })).body).toBe('good');
  expect(server.faults).toEqual([new Error('a mistake')]);
});

test('end() answers what is under way', async () => {
  const requests: ServerRequest[] = [];
  await serve((request) => requests.push(request));
  const asked = ask({ ':path': '/' });
  while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  server.connections[0]!.end();
  await new Promise((resolve) => setTimeout(resolve, 50));
  answer(requests[0]!, 'last');
  expect((await asked).body).toBe('last');
  while (server.closed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.closed).toBe(1);
});
