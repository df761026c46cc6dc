import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Kubernetes } from './index.js';
import { startKubernetes } from './index.js';

let server: Kubernetes;
beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.stop());

const exec = '/api/v1/namespaces/payments/pods/api/exec';
const query = 'command=cat&stdin=true&stdout=true&stderr=true';

/** ws knows no protocol names with a slash; the others it negotiates. */
function open(path: string, protocols: string[], headers: Record<string, string> = authorization()): WebSocket {
  return new WebSocket(`${server.url.replace('https', 'wss')}${path}`, protocols, { ca: server.ca, headers });
}
const authorization = (): Record<string, string> => ({ authorization: `Bearer ${server.tokens.admin}` });

async function refusal(socket: WebSocket): Promise<{ code?: number; reason?: string; message?: string }> {
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as { code?: number; reason?: string };
}

/** Messages until the socket closes, after sending one for each stream. */
async function converse(socket: WebSocket, send: readonly (string | Buffer)[]): Promise<Buffer[]> {
  const received: Buffer[] = [];
  socket.on('message', (message: Buffer) => received.push(message));
  await once(socket, 'open');
  for (const message of send) socket.send(message);
  await once(socket, 'close');
  return received.filter((message) => message.length > 1);
}

test('version 5 closes a stream of its own', async () => {
  const socket = open(`${exec}?${query}`, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const received = await converse(socket, [Buffer.from('\x00hello'), Buffer.from([255, 0])]);
  expect(socket.protocol).toBe('v5.channel.k8s.io');
  expect(received.map(String)).toEqual(['\x01hello', '\x03{"metadata":{},"status":"Success"}']);
});

test('base64 channels carry text', async () => {
  const socket = open(`${exec}?command=sh&command=-c&command=read%20x;echo%20$x&stdin=true&stdout=true`, [
    'base64.channel.k8s.io',
  ]);
  const received = await converse(socket, [`0${Buffer.from('typed\n').toString('base64')}`]);
  expect(received.map(String)).toEqual([`1${Buffer.from('typed\n').toString('base64')}`]);
});

test('a bearer token may come as a protocol', async () => {
  const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(server.tokens.admin).toString('base64url')}`;
  const path = `${exec}?command=echo&command=hi&stdout=true`;
  const received = await converse(open(path, [bearer, 'v4.channel.k8s.io'], {}), []);
  expect(String(received[0])).toBe('\x01hi\n');
});

test('unknown protocols, no command, no pod, no right: refused before anything runs', async () => {
  const before = server.requests.length;
  expect(await refusal(open(`${exec}?${query}`, ['v9.channel.k8s.io']))).toMatchObject({ code: 400 });
  expect(await refusal(open(`${exec}?stdout=true`, ['v5.channel.k8s.io']))).toMatchObject({ code: 400 });
  expect(
    await refusal(open(exec.replace('api/exec', 'nosuch/exec') + `?${query}`, ['v5.channel.k8s.io'])),
  ).toMatchObject({
    reason: 'NotFound',
  });
  const viewer = { authorization: `Bearer ${server.tokens.viewer}` };
  const denied = await refusal(open(`${exec}?${query}`, ['v5.channel.k8s.io'], viewer));
  expect(denied.message).toContain('cannot get resource "pods/exec"');
  expect(server.requests.slice(before).some(({ command }) => command)).toBe(false);
});

test('a client that goes away ends its command', async () => {
  const socket = open(`${exec}?command=sleep&command=60&stdout=true`, ['v5.channel.k8s.io']);
  await once(socket, 'open');
  const command = server.requests.at(-1)?.command;
  socket.terminate();
  while (command?.exitCode === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(command.exitCode).toBe(137);
});

test('a watch comes by WebSocket too', async () => {
  const received = await converse(open('/api/v1/namespaces/payments/configmaps?watch=true&timeoutSeconds=1', []), []);
  expect(JSON.parse(String(received[0]))).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap' } });
});

test('an upgrade elsewhere is refused', async () => {
  expect(await refusal(open('/api/v1/namespaces/payments/secrets', []))).toMatchObject({ code: 400 });
});
