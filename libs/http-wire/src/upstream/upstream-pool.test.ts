import type { IncomingMessage } from 'node:http';
import type { UpstreamRequest } from '../message.js';
import { startNodeOrigin, type NodeOrigin } from '../testing/node-origin.js';
import { RawOrigin } from '../testing/raw-origin.js';
import { ask, poolTo, type Outcome } from '../testing/upstream-client.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function bodyOf(outcome: Outcome): string {
  if (outcome.kind !== 'response' || outcome.broken) throw new Error(`no whole response: ${JSON.stringify(outcome)}`);
  return outcome.body.toString();
}

function codeOf(outcome: Outcome): [string, boolean] | string {
  return outcome.kind === 'failed' ? [outcome.fault.code, outcome.sent] : outcome.kind;
}

/** Tells what it was asked. */
function startEcho(): Promise<NodeOrigin> {
  return startNodeOrigin((request, response) => {
    void gather(request).then((body) => {
      const { method, url, rawHeaders } = request;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method, url, rawHeaders, body }));
    });
  });
}

async function gather(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

test('requests arrive as they were asked, one behind the other on one connection', async () => {
  const origin = await startEcho();
  const pool = poolTo(origin.port);
  const headers: [string, string][] = [
    ['accept', 'text/plain'],
    ['cookie', 'a=1'],
    ['cookie', 'b=\xe9'],
  ];
  const requests: Partial<UpstreamRequest>[] = [
    { target: '/a/b?c=d&c=%20', headers },
    { method: 'POST', body: Buffer.from('small') },
    { method: 'POST', body: Buffer.alloc(100_000, 'x') },
    { method: 'POST' },
    { method: 'DELETE', target: '/x' },
    { method: 'PURGE' },
  ];
  const answers = [];
  for (const request of requests) answers.push(JSON.parse(bodyOf(await ask(pool, request).outcome)));
  expect(answers[0]).toEqual({
    method: 'GET',
    url: '/a/b?c=d&c=%20',
    rawHeaders: ['host', 'origin.test', 'accept', 'text/plain', 'cookie', 'a=1', 'cookie', 'b=\xe9'],
    body: '',
  });
  expect(answers[1]).toMatchObject({ rawHeaders: ['host', 'origin.test', 'content-length', '5'], body: 'small' });
  expect(answers[2].body).toHaveLength(100_000);
  expect(answers[3]).toMatchObject({ rawHeaders: ['host', 'origin.test', 'content-length', '0'], body: '' });
  expect(answers.slice(4).map(({ method, body }) => [method, body])).toEqual([
    ['DELETE', ''],
    ['PURGE', ''],
  ]);
  expect(origin.connections()).toBe(1);
  pool.close();
  await origin.stop();
});

test('requests at once take a connection each, up to the maximum, and then wait their turn', async () => {
  let open = 0;
  let most = 0;
  const origin = await startNodeOrigin((request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open -= 1;
      response.end(request.url);
    }, 5);
  });
  const pool = poolTo(origin.port, { limits: { maxConnections: 3 } });
  const targets = Array.from({ length: 12 }, (_, index) => `/${index}`);
  const outcomes = await Promise.all(targets.map((target) => ask(pool, { target }).outcome));
  expect(outcomes.map(bodyOf)).toEqual(targets);
  expect([most, origin.connections()]).toEqual([3, 3]);
  pool.close();
  await origin.stop();
});

test('a request that finds the queue full fails unsent; one that waits too long, too', async () => {
  const origin = await RawOrigin.start(() => undefined);
  const pool = poolTo(origin.port, { limits: { maxConnections: 1, maxQueued: 1, queueMs: 60 } });
  const first = ask(pool);
  while (origin.sockets.length === 0) await new Promise(setImmediate);
  const [second, third] = [ask(pool), ask(pool)];
  expect(codeOf(await third.outcome)).toEqual(['upstream-busy', false]);
  expect(codeOf(await second.outcome)).toEqual(['upstream-queue-timeout', false]);
  pool.close();
  expect(codeOf(await first.outcome)).toEqual(['upstream-closed', true]);
  expect(codeOf(await ask(pool).outcome)).toEqual(['upstream-closed', false]);
  await origin.stop();
});

test('a target that is not there fails each request, unsent', async () => {
  const origin = await RawOrigin.start(() => undefined);
  const { port } = origin;
  await origin.stop();
  const pool = poolTo(port, { limits: { maxConnections: 1 } });
  const outcomes = await Promise.all([ask(pool).outcome, ask(pool).outcome, ask(pool).outcome]);
  expect(outcomes.map(codeOf)).toEqual(Array(3).fill(['upstream-unreachable', false]));
  pool.close();
});

test('a connection that the origin closes at rest is not used again; one that closes under a request is not retried', async () => {
  const origin = await RawOrigin.start((socket, received) => {
    if (received.includes('/last')) socket.destroy();
    else socket.write(ok);
  });
  const pool = poolTo(origin.port);
  expect(bodyOf(await ask(pool).outcome)).toBe('ok');
  origin.sockets[0]!.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(bodyOf(await ask(pool).outcome)).toBe('ok');
  expect(origin.sockets).toHaveLength(2);
  expect(codeOf(await ask(pool, { target: '/last' }).outcome)).toEqual(['upstream-closed', true]);
  expect(origin.received.join('').match(/GET \/last /g)).toHaveLength(1);
  pool.close();
  await origin.stop();
});

test.each([
  ['Connection: close\r\n', 2],
  ['Keep-Alive: timeout=1\r\n', 2],
  ['', 1],
])('after an answer with %j there are %d connections for two requests', async (header, expected) => {
  const origin = await RawOrigin.answering(ok.replace('\r\n\r\n', `\r\n${header}\r\n`));
  const pool = poolTo(origin.port);
  expect([bodyOf(await ask(pool).outcome), bodyOf(await ask(pool).outcome)]).toEqual(['ok', 'ok']);
  expect(origin.sockets).toHaveLength(expected);
  pool.close();
  await origin.stop();
});

test('HEAD, 204 and 304 have no body and leave the connection in order', async () => {
  const origin = await startNodeOrigin((request, response) => {
    response.statusCode = Number(request.url!.slice(1));
    if (request.method === 'HEAD') response.setHeader('content-length', '5');
    response.end();
  });
  const pool = poolTo(origin.port);
  const asked: [string, string][] = [
    ['HEAD', '/200'],
    ['GET', '/204'],
    ['GET', '/304'],
    ['GET', '/200'],
  ];
  for (const [method, target] of asked) {
    expect(await ask(pool, { method, target }).outcome).toMatchObject({
      kind: 'response',
      head: { status: Number(target.slice(1)), bodyLength: method === 'HEAD' ? 5 : 0 },
      body: Buffer.alloc(0),
    });
  }
  expect(origin.connections()).toBe(1);
  pool.close();
  await origin.stop();
});

test.each<[string, Partial<UpstreamRequest>]>([
  ['method', { method: 'GET / HTTP/1.1\r\nX:' }],
  ['method', { method: 'CONNECT' }],
  ['target', { target: '/a b' }],
  ['target', { target: '/a\r\nX: y' }],
  ['target', { target: 'http://other.test/' }],
  ['target', { target: '/a#b' }],
  ['target', { target: '/\xe9' }],
  ['target', { target: '' }],
  ['authority', { authority: 'a.test\r\nX: y' }],
  ['authority', { authority: 'user@a.test' }],
  ['authority', { authority: '' }],
  ['field-name', { headers: [['X', 'y']] }],
  ['field-name', { headers: [['x y', 'z']] }],
  ['field-name', { headers: [['content-length', '5']] }],
  ['field-name', { headers: [['transfer-encoding', 'chunked']] }],
  ['field-name', { headers: [['connection', 'x']] }],
  ['field-name', { headers: [['host', 'x']] }],
  ['field-name', { headers: [['expect', '100-continue']] }],
  ['field-value', { headers: [['x', 'y\r\nz: w']] }],
  ['field-value', { headers: [['x', 'y\0']] }],
  ['field-value', { headers: [['x', '\u0100\u010d\u010a']] }],
  ['upgrade', { upgrade: 'a, b' }],
  ['upgrade', { upgrade: 'a\r\nX: y' }],
  ['upgrade', { upgrade: 'websocket', body: Buffer.from('x') }],
])('a request whose %s could be read in two ways is not sent: %j', async (part, request) => {
  const origin = await RawOrigin.answering(ok);
  const pool = poolTo(origin.port);
  expect(codeOf(await ask(pool, request).outcome)).toEqual([`request-${part}`, false]);
  expect(origin.sockets).toHaveLength(0);
  pool.close();
  await origin.stop();
});

test('an origin that never answers, or stops in the middle, is given up', async () => {
  const origin = await RawOrigin.start((socket, received) => {
    if (received.includes('/half')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');
  });
  const pool = poolTo(origin.port, { limits: { headMs: 80, bodyIdleMs: 80 } });
  expect(await ask(pool).outcome).toMatchObject({ kind: 'failed', fault: { status: 504 }, sent: true });
  expect(await ask(pool, { target: '/half' }).outcome).toMatchObject({
    kind: 'response',
    body: Buffer.from('hel'),
    broken: { status: 504 },
  });
  pool.close();
  await origin.stop();
});

test('connections at rest are closed in time, and then nothing keeps time', async () => {
  const origin = await RawOrigin.answering(ok);
  const pool = poolTo(origin.port, { limits: { keepAliveMs: 60 } });
  await ask(pool).outcome;
  await new Promise((resolve) => origin.sockets[0]!.once('close', resolve));
  expect(bodyOf(await ask(pool).outcome)).toBe('ok');
  expect(origin.sockets).toHaveLength(2);
  pool.close();
  await origin.stop();
});

test('an exchange that is cancelled is broken off, and nothing is called after', async () => {
  const origin = await RawOrigin.start((socket, received) => {
    if (received.includes('/body')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel');
  });
  const pool = poolTo(origin.port, { limits: { maxConnections: 2 } });
  const calls: string[] = [];
  const [first, second, queued] = [ask(pool), ask(pool, { target: '/body' }), ask(pool)];
  for (const [name, asked] of Object.entries({ first, second, queued })) {
    void asked.outcome.then((outcome) => calls.push(`${name} ${outcome.kind}`));
  }
  while (origin.received.filter((text) => text !== '').length < 2) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closed = Promise.all(origin.sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  for (const { exchange } of [queued, first, second, first]) exchange.cancel();
  await closed;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toEqual([]);
  expect(origin.sockets).toHaveLength(2);
  pool.close();
  await origin.stop();
});

test('cancelling an exchange that is over does not touch the connection', async () => {
  const origin = await startEcho();
  const pool = poolTo(origin.port);
  const first = ask(pool);
  bodyOf(await first.outcome);
  const second = ask(pool);
  first.exchange.cancel();
  bodyOf(await second.outcome);
  expect(origin.connections()).toBe(1);
  pool.close();
  await origin.stop();
});
