import { RawSocket } from '@sallyport/testing';
import type { ServerRequest } from '../message.js';
import type { ServerLimits } from '../server/server-limits.js';
import { answer, bodyOf, echo, WireServer, type SeenRequest } from '../testing/wire-server.js';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: gw\r\n\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: gw\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

let server: WireServer;
let client: RawSocket;
let seen: SeenRequest[];

afterEach(async () => {
  client.destroy();
  await server.stop();
});

async function serve(onRequest: (request: ServerRequest) => void, limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await WireServer.start({ onRequest, limits });
  client = await RawSocket.connect(server.port);
}

async function serveEcho(limits: Partial<ServerLimits> = {}): Promise<void> {
  seen = [];
  await serve(echo(seen), limits);
}

const endOfHead = '\r\n\r\n';

async function readAnswer(): Promise<{ head: string; body: string }> {
  const head = (await client.readUntil(endOfHead)).toString('latin1');
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
  return { head, body: (await client.readBytes(length)).toString('latin1') };
}

test('requests are answered one after the other on one connection', async () => {
  await serveEcho();
  client.write(get('/1'));
  const first = await readAnswer();
  expect(first.head).toMatch(
    /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ndate: .* GMT\r\ncontent-length: \d+\r\n\r\n$/,
  );
  client.write(post('/2', 'hello'));
  expect((await readAnswer()).body).toBe('{"line":"POST gw/2 1.1","body":"hello"}');
  client.write('POST /3 HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n');
  expect((await readAnswer()).body).toBe('{"line":"POST gw/3 1.1","body":"hello"}');
  expect(server.faults).toEqual([]);
});

test('pipelined requests are handled in order, the next one only once the former is answered', async () => {
  const waiting: ServerRequest[] = [];
  await serve((request) => waiting.push(request));
  client.write(get('/1') + get('/2') + get('/3'));
  for (const path of ['/1', '/2', '/3']) {
    await client.readFor(20);
    expect(waiting.map(({ head }) => head.target.path)).toEqual([path]);
    answer(waiting.pop()!, path);
    expect((await readAnswer()).body).toBe(path);
  }
});

test('answers given inside the call for a thousand pipelined requests come in order', async () => {
  await serve((request) => answer(request, request.head.target.path));
  client.write(Array.from({ length: 1000 }, (_, at) => get(`/${at}`)).join(''));
  for (let at = 0; at < 1000; at++) expect((await readAnswer()).body).toBe(`/${at}`);
});

test('HT-01: after bytes that are no request nothing is parsed, and the connection ends', async () => {
  await serveEcho({ lingerMs: 100 });
  client.write(`GET / HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n${get('/hidden')}`);
  const answered = (await client.readToEnd()).toString('latin1');
  expect(answered).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answered).toMatch(/connection: close\r\n\r\nThe field content-length is repeated\n$/);
  expect(seen).toEqual([]);
  expect(server.faultCodes).toEqual(['repeated-field']);
});

test.each([
  ['TE.CL', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n'],
  ['CL.TE', 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG'],
  ['bare LF', 'X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: gw\r\n\r\n'],
])('HT-01: %s reaches no handler', async (_, rest) => {
  await serveEcho({ lingerMs: 100 });
  client.write(`POST / HTTP/1.1\r\nHost: gw\r\n${rest}`);
  expect((await client.readToEnd()).toString('latin1')).toMatch(/^HTTP\/1\.1 400 /);
  expect(seen).toEqual([]);
});

test('HT-01: a body whose framing breaks is answered 400, and is never whole', async () => {
  await serveEcho({ lingerMs: 100 });
  client.write(
    `POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n${get('/hidden')}`,
  );
  expect((await client.readToEnd()).toString('latin1')).toMatch(/^HTTP\/1\.1 400 /);
  expect(seen).toEqual([]);
  expect(server.faultCodes).toEqual(['bad-chunk']);
});

test('HT-01: a handler may answer a broken body in its own way, and the connection ends', async () => {
  await serve((request) => {
    bodyOf(request).catch((fault) => answer(request, `own: ${fault.code}`, fault.status));
  });
  client.write(`POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${get('/hidden')}`);
  const answered = (await client.readToEnd()).toString('latin1');
  expect(answered).toMatch(/^HTTP\/1\.1 400 .*connection: close\r\n\r\nown: bad-chunk$/s);
});

test('K8-20: neither the preface of HTTP/2 nor its upgrade is served without TLS', async () => {
  await serveEcho({ lingerMs: 100 });
  client.write(
    'GET / HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  );
  expect((await readAnswer()).head).toMatch(/^HTTP\/1\.1 200 /);
  client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  expect((await client.readToEnd()).toString('latin1')).toMatch(/^HTTP\/1\.1 505 /);
  expect(seen).toHaveLength(1);
});

test('Expect: 100-continue is answered when somebody wants the body', async () => {
  const requests: ServerRequest[] = [];
  await serve((request) => requests.push(request));
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
  expect((await client.readFor(50)).length).toBe(0);
  const body = bodyOf(requests[0]!);
  expect((await client.readUntil(endOfHead)).toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  client.write('ok');
  expect(await body).toBe('ok');
  answer(requests[0]!, 'thanks');
  expect((await readAnswer()).head).not.toMatch(/connection: close/);
});

test('Expect: 100-continue refused without asking for the body ends the connection: the body may or may not follow', async () => {
  await serve((request) => answer(request, 'no', 403), { lingerMs: 50 });
  client.write(`POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
  expect((await readAnswer()).head).toMatch(/^HTTP\/1\.1 403 .*connection: close\r\n/s);
  client.write(get('/h'));
  await client.readToEnd();
});

test('a refused request keeps its connection where the rest of its body is small, and not where it is large', async () => {
  await serve((request) => answer(request, 'no', 403), { drainBytes: 1000, lingerMs: 50 });
  client.write(post('/1', 'a'.repeat(900)));
  expect((await readAnswer()).head).not.toMatch(/connection: close/);
  client.write('POST /2 HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
  expect((await readAnswer()).head).not.toMatch(/connection: close/);
  client.write(`0\r\n\r\n${post('/3', 'a'.repeat(2000))}`);
  expect((await readAnswer()).head).toMatch(/connection: close/);
  await client.readToEnd();
});

test('HT-01: a chunked body that nobody wants does not go on for ever', async () => {
  await serve((request) => answer(request, 'no', 403), { drainBytes: 1000, lingerMs: 50 });
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n');
  expect((await readAnswer()).head).toMatch(/403/);
  client.write(`3e8\r\n${'a'.repeat(1000)}\r\n3e8\r\n${'a'.repeat(1000)}\r\n`);
  await client.readToEnd();
});

test('HTTP/1.0 and Connection: close get one answer', async () => {
  await serveEcho();
  client.write('GET /old HTTP/1.0\r\nHost: gw\r\n\r\n');
  expect((await client.readToEnd()).toString()).toMatch(/connection: close\r\n\r\n\{"line":"GET gw\/old 1\.0"/);
  client = await RawSocket.connect(server.port);
  client.write(`GET /1 HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n${get('/2')}`);
  expect((await client.readToEnd()).toString()).toMatch(/"GET gw\/1 1\.1","body":""\}$/);
  expect(seen.map(({ line }) => line)).toEqual(['GET gw/old 1.0', 'GET gw/1 1.1']);
});

test('a client that leaves ends its request, and a body that breaks off is not whole', async () => {
  const faults: string[] = [];
  const requests: ServerRequest[] = [];
  await serve((request) => {
    requests.push(request);
    bodyOf(request).catch((fault) => faults.push(fault.code));
  });
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 10\r\n\r\nhalf');
  await client.readFor(50);
  let aborted = 0;
  requests[0]!.onAbort(() => aborted++);
  client.end();
  await client.readToEnd();
  await client.readFor(20);
  expect({ aborted, faults, closed: server.closed }).toEqual({ aborted: 1, faults: ['client-gone'], closed: 1 });
  answer(requests[0]!, 'too late');
  expect(requests[0]!.stream({ status: 200, headers: [], bodyLength: undefined }).write(Buffer.from('x'))).toBe(false);
});

test('what a handler throws ends the connection and reaches no event loop', async () => {
  await serve(() => {
    throw new Error('a mistake');
  });
  client.write(get('/'));
  expect((await client.readToEnd()).length).toBe(0);
  expect(server.faults).toEqual([new Error('a mistake')]);
});

test('end() answers what is under way, and takes nothing new', async () => {
  const requests: ServerRequest[] = [];
  await serve((request) => requests.push(request));
  client.write(get('/1') + get('/2'));
  await client.readFor(50);
  server.connections[0]!.end();
  answer(requests[0]!, 'last');
  expect((await client.readToEnd()).toString()).toMatch(/connection: close\r\n\r\nlast$/);
  expect(requests).toHaveLength(1);
});
