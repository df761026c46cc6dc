import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { MessageStream } from './message-stream.js';

let peer: Socket;
let socket: Socket;

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer = await new Promise<Socket>((resolve) => server.once('connection', resolve));
  server.close();
});
afterEach(() => {
  socket.destroy();
  peer.destroy();
});

const hello = Buffer.from('Z\0\0\0\x05I');

test('messages come whole, however they arrive', async () => {
  const stream = new MessageStream(socket, new AbortController().signal, 100);
  for (const byte of hello) {
    peer.write(Buffer.from([byte]));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(await stream.typed()).toEqual(hello);
});

test('a deadline ends a wait', async () => {
  const stream = new MessageStream(socket, AbortSignal.timeout(50), 100);
  await expect(stream.typed()).rejects.toThrow('the connection ended');
});

test('once what it was for is done, a deadline ends nothing', async () => {
  const deadline = new AbortController();
  const stream = new MessageStream(socket, deadline.signal, 100);
  stream.established();
  deadline.abort();
  peer.write(hello);
  expect(await stream.typed()).toEqual(hello);
});

test('a socket that ends ends a wait', async () => {
  const stream = new MessageStream(socket, new AbortController().signal, 100);
  peer.end();
  await expect(stream.take(1)).rejects.toThrow('the connection ended');
});

test('what nobody took is handed back', async () => {
  const stream = new MessageStream(socket, new AbortController().signal, 100);
  peer.write(Buffer.concat([hello, hello]));
  await stream.typed();
  expect(stream.detach()).toEqual(hello);
});
