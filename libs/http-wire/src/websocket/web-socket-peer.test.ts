import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { WebSocketServer, WebSocket as OtherWebSocket } from 'ws';
import { acceptOf } from './handshake.js';
import { WebSocketPeer, type WebSocketEnd, type WebSocketOptions } from './web-socket-peer.js';

interface Listener {
  readonly peer: WebSocketPeer;
  readonly heard: string[];
  readonly end: Promise<WebSocketEnd>;
}

function listen(tunnel: Duplex, options: WebSocketOptions, echo = false): Listener {
  const heard: string[] = [];
  let ended: (end: WebSocketEnd) => void = () => {};
  const end = new Promise<WebSocketEnd>((resolve) => (ended = resolve));
  const peer: WebSocketPeer = new WebSocketPeer(tunnel, options, {
    message: (data, text) => {
      heard.push(`${text ? 'text' : 'binary'} ${data.toString('utf8')}`);
      if (echo) peer.send(data, text);
    },
    closed: (how) => ended(how),
  });
  return { peer, heard, end };
}

function pair(): { server: Listener; client: Listener; near: Duplex; far: Duplex } {
  const [near, far] = duplexPair();
  return { server: listen(near, { role: 'server' }), client: listen(far, { role: 'client' }), near, far };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

test('messages go both ways, and a close is answered with its own code', async () => {
  const { server, client, near, far } = pair();
  client.peer.send(Buffer.from('grüße'), true);
  server.peer.send([Buffer.from([1]), Buffer.from('out')]);
  await settle();
  expect(server.heard).toEqual(['text grüße']);
  expect(client.heard).toEqual(['binary \x01out']);
  client.peer.close(4001, 'enough');
  expect(await server.end).toEqual({ code: 4001, reason: 'enough', by: 'peer' });
  expect(await client.end).toEqual({ code: 4001, reason: '', by: 'peer' });
  await settle();
  expect(near.destroyed && far.destroyed).toBe(true);
});

test('nothing is delivered, nor sent, after a close', async () => {
  const { server, client } = pair();
  server.peer.close(1008);
  server.peer.send(Buffer.from('late'));
  client.peer.send(Buffer.from('late'));
  expect(await client.end).toMatchObject({ code: 1008, by: 'peer' });
  await server.end;
  expect([...server.heard, ...client.heard]).toEqual([]);
});

test('a peer in breach is told why and cut off', async () => {
  const [near, far] = duplexPair();
  const server = listen(near, { role: 'server' });
  const got: Buffer[] = [];
  far.on('data', (chunk: Buffer) => got.push(chunk));
  far.write(Buffer.from([0x81, 0x01, 0x61]));
  expect(await server.end).toEqual({ code: 1002, reason: 'a frame is not masked', by: 'fault' });
  await settle();
  expect(Buffer.concat(got).subarray(0, 4)).toEqual(
    Buffer.from([0x88, 2 + 'a frame is not masked'.length, 0x03, 0xea]),
  );
});

test.each<[string, string, number]>([
  ['of one byte', '8881 00000000 03', 1002],
  ['with a code that may not be sent', '8882 00000000 03ed', 1002],
  ['with a reason that is not UTF-8', '8884 00000000 03e8 c0af', 1007],
])('a close frame %s is a breach', async (_, bytes, code) => {
  const [near, far] = duplexPair();
  const server = listen(near, { role: 'server' });
  far.resume();
  far.write(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
  expect(await server.end).toMatchObject({ code, by: 'fault' });
});

test('a connection that ends without goodbye is lost', async () => {
  const { server, far } = pair();
  far.destroy();
  expect(await server.end).toEqual({ code: 1006, reason: '', by: 'connection' });
});

test('a peer that does not answer a close is cut off in time', async () => {
  const [near, far] = duplexPair();
  const server = listen(near, { role: 'server', closeTimeoutMs: 30 });
  far.resume();
  server.peer.close(1000);
  expect(await server.end).toMatchObject({ code: 1006, by: 'connection' });
  expect(near.destroyed).toBe(true);
});

test('a silent peer is asked for a sign of life and then given up, an answering one is kept', async () => {
  const [near, far] = duplexPair();
  far.resume();
  const given = listen(near, { role: 'server', keepAliveMs: 20 });
  expect(await given.end).toMatchObject({ code: 1006, by: 'connection' });

  const [here, there] = duplexPair();
  const kept = listen(here, { role: 'server', keepAliveMs: 20 });
  const answering = listen(there, { role: 'client', keepAliveMs: 0 });
  await new Promise((resolve) => setTimeout(resolve, 150));
  answering.peer.send(Buffer.from('still here'));
  await settle();
  expect(kept.heard).toEqual(['binary still here']);
});

test('pings of a peer that never reads pile up nothing', async () => {
  const [near, far] = duplexPair();
  const server = listen(near, { role: 'server' });
  while (near.writableLength < near.writableHighWaterMark) {
    server.peer.send(Buffer.alloc(16_384));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const full = near.writableLength;
  const ping = Buffer.concat([Buffer.from([0x89, 0x84, 0, 0, 0, 0]), Buffer.from('ping')]);
  for (let count = 0; count < 2_000; count++) far.write(ping);
  await settle();
  expect(near.writableLength).toBe(full);
  const got: Buffer[] = [];
  far.on('data', (chunk: Buffer) => got.push(chunk));
  await settle();
  const pongs = Buffer.concat(got).toString('latin1').split('\x8a\x04ping').length - 1;
  expect(pongs).toBe(1);
});

test('a full connection says so, and when it no longer is', async () => {
  const [near, far] = duplexPair();
  let drained = 0;
  const peer = new WebSocketPeer(
    near,
    { role: 'server' },
    { message: () => {}, closed: () => {}, drain: () => drained++ },
  );
  while (peer.send(Buffer.alloc(16_384))) {
    // Nobody reads: what is sent adds up within this turn.
  }
  expect(drained).toBe(0);
  far.resume();
  await settle();
  expect(drained).toBe(1);
});

test('the reason of a close is cut to what a control frame holds, between characters', async () => {
  const { server, client } = pair();
  server.peer.close(1011, 'ü'.repeat(100));
  expect((await client.end).reason).toBe('ü'.repeat(61));
});

test('an independent client talks to it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  servers.push(server);
  let end: Promise<WebSocketEnd> | undefined;
  server.on('upgrade', (request, socket: Duplex) => {
    const accept = acceptOf(String(request.headers['sec-websocket-key']));
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    end = listen(socket, { role: 'server' }, true).end;
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const client = new OtherWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve) => client.once('open', resolve));
  const echoed = async (data: Buffer | string): Promise<string> => {
    const answer = new Promise<Buffer>((resolve) => client.once('message', (message: Buffer) => resolve(message)));
    client.send(data);
    return (await answer).toString('utf8');
  };
  expect(await echoed('grüße')).toBe('grüße');
  const big = Buffer.alloc(3_000_000, 'z');
  expect(await echoed(big)).toBe(big.toString());
  const pong = new Promise((resolve) => client.once('pong', resolve));
  client.ping('alive');
  expect(String(await pong)).toBe('alive');
  client.close(4002, 'done');
  expect(await end).toEqual({ code: 4002, reason: 'done', by: 'peer' });
});

test('it talks to an independent server', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  await new Promise((resolve) => server.once('listening', resolve));
  const { request } = await import('node:http');
  const asked = request({
    port: (server.address() as AddressInfo).port,
    headers: {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
  }).end();
  const socket = await new Promise<Duplex>((resolve) => asked.once('upgrade', (_, tunnel: Duplex) => resolve(tunnel)));
  const client = listen(socket, { role: 'client' });
  client.peer.send(Buffer.alloc(70_000, 'q'));
  client.peer.send(Buffer.from('text'), true);
  // Through the network and back: in its own time.
  while (client.heard.length < 2) await settle();
  expect(client.heard).toEqual([`binary ${'q'.repeat(70_000)}`, 'text text']);
  client.peer.close(1000);
  expect(await client.end).toMatchObject({ code: 1000, by: 'peer' });
  server.close();
});
