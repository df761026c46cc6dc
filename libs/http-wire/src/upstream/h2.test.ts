import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import type { BodyReader, UpstreamRequest } from '../message.js';
import { BodySource } from '../testing/body-source.js';
import { H2Origin, frameType, h2Frame, startRawH2Origin, type Identity } from '../testing/h2-origin.js';
import { startNodeOrigin } from '../testing/node-origin.js';
import { ask, asked, poolTo, type Outcome } from '../testing/upstream-client.js';
import type { UpstreamLimits } from './upstream-limits.js';
import type { UpstreamPool } from './upstream-pool.js';

let ca: string;
let identity: Identity;
beforeAll(async () => {
  const authority = await makeAuthority();
  const issued = await issueServerCertificate(authority, ['127.0.0.1']);
  ca = authority.certificate;
  identity = { cert: issued.certificate, key: issued.privateKey };
});

const h2Pool = (port: number, limits: Partial<UpstreamLimits> = {}): UpstreamPool =>
  poolTo(port, { endpoint: { host: '127.0.0.1', port, tls: 'verify-full', ca, http2: true }, limits });

function bodyOf(outcome: Outcome): string {
  if (outcome.kind !== 'response' || outcome.broken) throw new Error(`no whole response: ${JSON.stringify(outcome)}`);
  return outcome.body.toString();
}

function codeOf(outcome: Outcome): unknown {
  if (outcome.kind === 'failed') return [outcome.fault.code, outcome.sent];
  return outcome.kind === 'response' ? (outcome.broken?.code ?? outcome.head.status) : outcome.kind;
}

async function echo(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  stream.respond({ ':status': 200, 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=\xe9'] });
  stream.end(JSON.stringify({ headers, body: body.length > 100 ? body.length : body }));
}

test('requests arrive as they were asked, all on one connection', async () => {
  const origin = await H2Origin.start(identity, (stream, headers) => void echo(stream, headers));
  const pool = h2Pool(origin.port);
  const requests: Partial<UpstreamRequest>[] = [
    {
      target: '/a?b=c',
      headers: [
        ['accept', 'x'],
        ['x-l', '\xe9'],
        ['x-m', '1'],
        ['x-m', '2'],
      ],
    },
    { method: 'POST', body: Buffer.from('small') },
    { method: 'POST', body: { reader: BodySource.of([Buffer.from('str'), Buffer.from('eam')]), length: undefined } },
    { method: 'POST', body: { reader: BodySource.of([Buffer.alloc(5_000_000, 'x')]), length: 5_000_000 } },
    { method: 'PUT', body: Buffer.alloc(0) },
  ];
  const outcomes = await Promise.all(requests.map((request) => ask(pool, request).outcome));
  const answers = outcomes.map((outcome) => JSON.parse(bodyOf(outcome)));
  expect(answers[0]).toMatchObject({
    headers: { ':method': 'GET', ':path': '/a?b=c', ':authority': 'origin.test', ':scheme': 'https', 'x-m': '1, 2' },
    body: '',
  });
  expect(answers[0].headers).toMatchObject({ accept: 'x', 'x-l': '\xe9' });
  expect(answers.map(({ body }) => body)).toEqual(['', 'small', 'stream', 5_000_000, '']);
  expect(answers.map(({ headers }) => headers['content-length'])).toEqual([undefined, '5', undefined, '5000000', '0']);
  expect(outcomes[0]).toMatchObject({ head: { status: 200, bodyLength: undefined } });
  const { headers } = (outcomes[0] as Extract<Outcome, { kind: 'response' }>).head;
  expect(headers.filter(([name]) => name === 'set-cookie')).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=\xe9'],
  ]);
  expect(origin.sessions).toHaveLength(1);
  pool.close();
  await origin.stop();
});

test('an upstream that chooses HTTP/1.1 gets it', async () => {
  const origin = await startNodeOrigin((request, response) => response.end(request.httpVersion), identity);
  const pool = h2Pool(origin.port);
  const outcomes = await Promise.all([ask(pool).outcome, ask(pool).outcome, ask(pool).outcome]);
  expect(outcomes.map(bodyOf)).toEqual(['1.1', '1.1', '1.1']);
  expect(bodyOf(await ask(pool).outcome)).toBe('1.1');
  expect(origin.connections()).toBeLessThanOrEqual(3);
  pool.close();
  await origin.stop();
});

test('HEAD, 204 and 304 have no body', async () => {
  const origin = await H2Origin.start(identity, (stream, headers) => {
    const length = headers[':method'] === 'HEAD' ? { 'content-length': '5' } : {};
    stream.respond({ ':status': Number(headers[':path']!.slice(1)), ...length }, { endStream: true });
  });
  const pool = h2Pool(origin.port);
  for (const [method, target, bodyLength] of [
    ['HEAD', '/200', 5],
    ['GET', '/204', 0],
    ['GET', '/304', 0],
    ['GET', '/200', 0],
  ] as const) {
    const outcome = await ask(pool, { method, target }).outcome;
    expect(outcome).toMatchObject({ head: { status: Number(target.slice(1)), bodyLength }, body: Buffer.alloc(0) });
  }
  pool.close();
  await origin.stop();
});

test('no more exchanges at once than either side allows; the others wait their turn', async () => {
  let open = 0;
  let most = 0;
  const origin = await H2Origin.start(
    identity,
    (stream, headers) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open -= 1;
        stream.respond();
        stream.end(headers[':path']);
      }, 5);
    },
    { settings: { maxConcurrentStreams: 3 } },
  );
  const pool = h2Pool(origin.port);
  await ask(pool).outcome;
  const targets = Array.from({ length: 12 }, (_, index) => `/${index}`);
  const outcomes = await Promise.all(targets.map((target) => ask(pool, { target }).outcome));
  expect(outcomes.map(bodyOf)).toEqual(targets);
  expect([most, origin.sessions.length]).toEqual([3, 1]);
  pool.close();
  await origin.stop();
});

test('a connection that the upstream winds up ends what it began; the next request opens another', async () => {
  const origin = await H2Origin.start(identity, (stream, headers) => {
    stream.respond();
    if (headers[':path'] === '/slow') {
      stream.session?.goaway();
      setTimeout(() => stream.end('slow'), 60);
    } else stream.end('quick');
  });
  const pool = h2Pool(origin.port);
  const slow = ask(pool, { target: '/slow' }).outcome;
  while (origin.sessions.length === 0) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(bodyOf(await ask(pool).outcome)).toBe('quick');
  expect(bodyOf(await slow)).toBe('slow');
  expect(origin.sessions).toHaveLength(2);
  pool.close();
  await origin.stop();
});

const status200 = h2Frame(frameType.headers, 4, 1, Buffer.from([0x88]));
const hello = h2Frame(frameType.data, 0, 1, Buffer.from('hello'));
const code = (value: number): Buffer => Buffer.from([0, 0, 0, value]);

test.each<[string, Buffer[], boolean, unknown]>([
  ['whole', [status200, hello, h2Frame(frameType.data, 1, 1)], false, 200],
  ['cut by the connection', [status200, hello], true, 'body-truncated'],
  ['cut by CANCEL', [status200, hello, h2Frame(frameType.reset, 0, 1, code(8))], false, 'body-truncated'],
  ['cut by an error', [status200, hello, h2Frame(frameType.reset, 0, 1, code(2))], false, 'upstream-closed'],
  ['refused', [h2Frame(frameType.reset, 0, 1, code(7))], false, ['upstream-closed', true]],
  ['nothing', [], true, ['upstream-closed', true]],
  // The library may see it for itself, or wait for the rest of a frame until the ping is not answered.
  [
    'no HTTP/2',
    [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    false,
    [expect.stringMatching(/^upstream-(ping-timeout|closed)$/), true],
  ],
  ['a push', [h2Frame(frameType.push, 4, 1, Buffer.from([0, 0, 0, 2, 0x82]))], false, ['upstream-closed', true]],
  [
    'shorter than announced',
    [
      // `content-length: 9`, literal without indexing, name of the static table.
      h2Frame(frameType.headers, 4, 1, Buffer.concat([Buffer.from([0x88, 0x0f, 0x0d, 1]), Buffer.from('9')])),
      hello,
      h2Frame(frameType.reset, 0, 1, code(0)),
    ],
    false,
    'body-truncated',
  ],
])('an answer that is %s', async (_, frames, close, expected) => {
  const origin = await startRawH2Origin(identity, (socket) => {
    for (const frame of frames) socket.write(frame);
    if (close) socket.end();
  });
  const pool = h2Pool(origin.port, { pingMs: 500 });
  expect(codeOf(await ask(pool).outcome)).toEqual(expected);
  pool.close();
  await origin.stop();
});

test('an origin that never answers, or stops in the middle, is given up', async () => {
  const origin = await H2Origin.start(identity, (stream, headers) => {
    if (headers[':path'] !== '/half') return;
    stream.respond();
    stream.write('hel');
  });
  const pool = h2Pool(origin.port, { headMs: 80, bodyIdleMs: 80 });
  expect(await ask(pool).outcome).toMatchObject({ kind: 'failed', fault: { status: 504 }, sent: true });
  expect(await ask(pool, { target: '/half' }).outcome).toMatchObject({
    body: Buffer.from('hel'),
    broken: { status: 504 },
  });
  pool.close();
  await origin.stop();
});

test('cancelling resets the stream and leaves the others alone', async () => {
  const codes: (number | undefined)[] = [];
  const origin = await H2Origin.start(identity, (stream, headers) => {
    stream.on('close', () => codes.push(stream.rstCode));
    if (headers[':path'] !== '/hang') return (stream.respond(), void stream.end('ok'));
    stream.respond();
    stream.write('hel');
  });
  const pool = h2Pool(origin.port);
  const hanging = ask(pool, { target: '/hang' });
  let called = false;
  void hanging.outcome.then(() => (called = true));
  expect(bodyOf(await ask(pool).outcome)).toBe('ok');
  hanging.exchange.cancel();
  expect(bodyOf(await ask(pool).outcome)).toBe('ok');
  while (codes.length < 3) await new Promise(setImmediate);
  expect([codes.toSorted(), called, origin.sessions.length]).toEqual([[0, 0, 8], false, 1]);
  pool.close();
  await origin.stop();
});

test('closing the pool breaks off what is under way', async () => {
  const origin = await H2Origin.start(identity, (stream, headers) => {
    if (headers[':path'] !== '/half') return;
    stream.respond();
    stream.write('hel');
  });
  const pool = h2Pool(origin.port);
  const pending = [ask(pool).outcome, ask(pool, { target: '/half' }).outcome];
  while (origin.sessions.length === 0) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 150));
  pool.close();
  expect((await Promise.all(pending)).map(codeOf)).toEqual([['upstream-closed', true], 'upstream-closed']);
  await origin.stop();
});

/** The body of GET /, once its head is here. */
function bodyFrom(pool: UpstreamPool): Promise<BodyReader> {
  return new Promise((resolve, reject) => {
    pool.send(asked({}), {
      response: (_head, body) => (body === undefined ? reject(new Error('no body')) : resolve(body)),
      switched: () => reject(new Error('switched')),
      failed: reject,
    });
  });
}

test('a receiver that starts late and pauses holds the origin back, and gets the whole of it', async () => {
  const chunk = Buffer.alloc(256 * 1024, 'abcdefghijklmnop');
  const total = 128;
  let written = 0;
  const origin = await H2Origin.start(identity, (stream) => {
    stream.respond();
    const more = (): void => {
      while (written < total) {
        written += 1;
        if (!stream.write(chunk)) return void stream.once('drain', more);
      }
      stream.end();
    };
    more();
  });
  const pool = h2Pool(origin.port, { bodyIdleMs: 100 });
  const body = await bodyFrom(pool);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(written).toBeLessThan(20);
  const hash = createHash('sha256');
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    body.start({
      data: (piece) => {
        received += piece.length;
        hash.update(piece);
        body.pause();
        setImmediate(() => body.resume());
      },
      end: resolve,
      error: reject,
    });
    expect(received).toBe(0);
  });
  const expected = createHash('sha256');
  for (let index = 0; index < total; index += 1) expected.update(chunk);
  expect([received, hash.digest('hex')]).toEqual([total * chunk.length, expected.digest('hex')]);
  pool.close();
  await origin.stop();
});

test.each([['hello'], ['x'.repeat(100_000)]])(
  'a body that is complete before anybody wants it stays complete',
  async (text) => {
    const origin = await H2Origin.start(identity, (stream) => {
      stream.respond();
      stream.end(text);
    });
    const pool = h2Pool(origin.port);
    const body = await bodyFrom(pool);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const received = await new Promise<string>((resolve, reject) => {
      let all = '';
      body.start({ data: (chunk) => (all += chunk.toString()), end: () => resolve(all), error: reject });
    });
    expect(received).toBe(text);
    pool.close();
    await origin.stop();
  },
);

test('a receiver that pauses hears that the connection is lost', async () => {
  const origin = await H2Origin.start(identity, (stream) => {
    stream.respond();
    stream.write('x'.repeat(100_000));
  });
  const pool = h2Pool(origin.port);
  const body = await bodyFrom(pool);
  const fault = await new Promise((resolve, reject) => {
    body.start({
      data: () => {
        body.pause();
        origin.sessions[0]!.destroy();
      },
      end: () => reject(new Error('ended')),
      error: resolve,
    });
  });
  expect(fault).toMatchObject({ code: 'upstream-closed', status: 502 });
  pool.close();
  await origin.stop();
});

test('an answer before the request is through ends the upload', async () => {
  const origin = await H2Origin.start(identity, (stream) => {
    stream.respond({ ':status': 413 });
    stream.end('no');
  });
  const pool = h2Pool(origin.port);
  const reader = new BodySource();
  const outcome = await ask(pool, { method: 'PUT', body: { reader, length: 100 } }).outcome;
  expect([codeOf(outcome), bodyOf(outcome), reader.cancelled]).toEqual([413, 'no', 1]);
  pool.close();
  await origin.stop();
});

const websocket = { upgrade: 'websocket', headers: [['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==']] } as const;

test('a WebSocket travels in a stream where the upstream takes that, as if it were HTTP/1.1', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const origin = await H2Origin.start(
    identity,
    (stream, headers) => {
      seen.push(headers);
      stream.respond();
      if (headers[':method'] === 'CONNECT') stream.pipe(stream);
      else stream.end('ok');
    },
    { settings: { enableConnectProtocol: true } },
  );
  const pool = h2Pool(origin.port);
  bodyOf(await ask(pool).outcome);
  const outcome = await ask(pool, websocket).outcome;
  if (outcome.kind !== 'switched') throw new Error('not switched');
  // The example of RFC 6455 section 1.3.
  expect(outcome.head).toMatchObject({ status: 101 });
  expect(outcome.head.headers).toContainEqual(['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
  expect(seen[1]).toMatchObject({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' });
  expect(seen[1]).not.toHaveProperty('sec-websocket-key');
  outcome.tunnel.write('ping');
  expect(String((await once(outcome.tunnel, 'data'))[0])).toBe('ping');
  const closed = once(outcome.tunnel, 'close');
  pool.close();
  await closed;
  await origin.stop();
});

test('a WebSocket gets a connection of its own where the upstream does not', async () => {
  const origin = await H2Origin.start(identity, (stream) => (stream.respond(), stream.end('ok')), { allowHTTP1: true });
  origin.server.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhi');
  });
  const pool = h2Pool(origin.port);
  bodyOf(await ask(pool).outcome);
  const outcome = await ask(pool, websocket).outcome;
  if (outcome.kind !== 'switched') throw new Error('not switched');
  expect(String((await once(outcome.tunnel, 'data'))[0])).toBe('hi');
  pool.close();
  await origin.stop();
});
