import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { ApiClient, ApiError, UnreachableError } from './index.js';

const anything = { parse: (value: unknown) => value };
const numbers = { parse: (value: unknown) => value as { items: number[]; next?: string | null } };
const started: { server: Server; client: ApiClient }[] = [];

afterEach(() => {
  for (const { server, client } of started.splice(0)) {
    client.close();
    server.closeAllConnections();
    server.close();
  }
});

async function clientOf(listener: RequestListener, timeoutMs = 2000): Promise<ApiClient> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new ApiClient({ baseUrl: `http://127.0.0.1:${port}`, token: 'sp_test', timeoutMs });
  started.push({ server, client });
  return client;
}

test('a request carries the token, JSON and an idempotency key', async () => {
  let seen: { request: IncomingMessage; body: string } | undefined;
  const client = await clientOf(async (request, response) => {
    seen = { request, body: await readText(request) };
    response.end('{"token":"one"}');
  });
  expect(await client.post('/v1/gateways/enrolments', anything, { name: 'local' })).toEqual({ token: 'one' });
  expect(seen?.request.headers).toMatchObject({ authorization: 'Bearer sp_test', 'content-type': 'application/json' });
  expect(seen?.request.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.parse(seen?.body ?? '')).toEqual({ name: 'local' });
});

test('a problem document becomes an error with its stable code', async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(409, { 'content-type': 'application/problem+json' });
    response.end('{"title":"Conflict","status":409,"code":"approval-not-pending","detail":"already denied"}');
  });
  const error: unknown = await client.get('/v1/approvals/x', anything).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 409, code: 'approval-not-pending', message: 'already denied' });
});

test('an error answer that is no problem document still tells its status', async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(502);
    response.end('<html>');
  });
  await expect(client.get('/v1/whoami', anything)).rejects.toMatchObject({ status: 502, code: 'http-502' });
});

test('a list is read to its last page, each cursor once', async () => {
  const asked: (string | null)[] = [];
  const client = await clientOf((request, response) => {
    const cursor = new URL(request.url ?? '', 'http://x').searchParams.get('cursor');
    asked.push(cursor);
    response.end(cursor === null ? '{"items":[1,2],"next":"b"}' : '{"items":[3],"next":null}');
  });
  const items: number[] = [];
  for await (const item of client.list('/v1/things', numbers)) items.push(item);
  expect(items).toEqual([1, 2, 3]);
  expect(asked).toEqual([null, 'b']);
});

test('a cursor that does not move ends the list with an error instead of a loop', async () => {
  const client = await clientOf((_request, response) => void response.end('{"items":[1],"next":"same"}'));
  const all = async (): Promise<void> => {
    for await (const item of client.list('/v1/things', numbers)) expect(item).toBe(1);
  };
  await expect(all()).rejects.toMatchObject({ reason: 'protocol' });
});

test('silence ends in a timeout', async () => {
  const client = await clientOf(() => undefined, 100);
  await expect(client.get('/v1/whoami', anything)).rejects.toMatchObject({ reason: 'timeout' });
});

test('a body that stops half-way is no answer', async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"a":');
    setTimeout(() => response.destroy(), 20);
  });
  await expect(client.get('/v1/whoami', anything)).rejects.toBeInstanceOf(UnreachableError);
});

test('lines come as they are written, however they are cut', async () => {
  const client = await clientOf((request, response) => {
    expect(request.url).toBe('/v1/lines?after=3');
    response.write('{"n":1}\n{"n"');
    setTimeout(() => response.end(':2}\n"\u00fc"\n'), 20);
  });
  const seen: unknown[] = [];
  for await (const value of client.lines('/v1/lines', anything, { query: { after: 3 } })) seen.push(value);
  expect(seen).toEqual([{ n: 1 }, { n: 2 }, 'ü']);
});

test.each<[string, RequestListener, string]>([
  ['falls silent', (_request, response) => void response.write('1\n'), 'timeout'],
  ['breaks off', (_request, response) => void response.write('1\n2', () => response.destroy()), 'connect'],
  ['is no JSON', (_request, response) => void response.end('1\nnone\n'), 'protocol'],
  ['never ends its line', (_request, response) => void response.end(`1\n${'x'.repeat(2 << 20)}`), 'connect'],
])('an answer of lines that %s ends with an error', async (_what, listener, reason) => {
  const client = await clientOf(listener);
  const seen: unknown[] = [];
  const all = async (): Promise<void> => {
    for await (const value of client.lines('/v1/lines', anything, { silenceMs: 200 })) seen.push(value);
  };
  await expect(all()).rejects.toMatchObject({ name: 'UnreachableError', reason });
  expect(seen).toEqual([1]);
});

test('a reader that takes its time is not the peer’s silence', async () => {
  const client = await clientOf((_request, response) => {
    response.write('1\n');
    setTimeout(() => response.end('2\n'), 50);
  });
  const seen: unknown[] = [];
  for await (const value of client.lines('/v1/lines', anything, { silenceMs: 200 })) {
    seen.push(value);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  expect(seen).toEqual([1, 2]);
});

test('nobody listening is said plainly', async () => {
  const client = new ApiClient({ baseUrl: 'http://127.0.0.1:1', token: 'sp_test' });
  await expect(client.get('/v1/whoami', anything)).rejects.toMatchObject({ reason: 'connect' });
});

test('ID-07: a token never travels unencrypted to another machine', () => {
  expect(() => new ApiClient({ baseUrl: 'http://example.com', token: 'sp_test' })).toThrow(/unencrypted/);
});
