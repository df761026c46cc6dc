import { createServer, type AddressInfo, type Server } from 'node:net';
import { FaultProxy, RawSocket } from './index.js';

let echo: Server;
let proxy: FaultProxy;
beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.stop();
  echo.close();
});

test('forwards both ways and remembers what passed', async () => {
  const client = await RawSocket.connect(proxy.port);
  client.write('hello');
  expect((await client.readUntil('lo')).toString()).toBe('hello');
  expect([proxy.seen('to-server'), proxy.seen('to-client')].map(String)).toEqual(['hello', 'hello']);
  client.end();
  expect((await client.readToEnd()).length).toBe(0);
});

test('a cut is a reset for the client', async () => {
  const client = await RawSocket.connect(proxy.port);
  client.write('x');
  await client.readBytes(1);
  proxy.cut();
  await client.readToEnd();
  expect(client.closed).toBe(true);
});

test('a cut after some bytes delivers those and no more', async () => {
  proxy.cutAfter('to-client', 3);
  const client = await RawSocket.connect(proxy.port);
  client.write('abcdef');
  expect(String(await client.readToEnd())).toBe('abc');
});

test('a stall holds everything back until healed', async () => {
  const client = await RawSocket.connect(proxy.port);
  proxy.stall('to-client');
  client.write('late');
  expect((await client.readFor(50)).length).toBe(0);
  expect(client.closed).toBe(false);
  proxy.heal();
  expect(String(await client.readBytes(4))).toBe('late');
});

test('a delay delays, fragments arrive whole, refusal refuses', async () => {
  const client = await RawSocket.connect(proxy.port);
  proxy.delay(60, 'to-server');
  proxy.fragment(1);
  const begun = performance.now();
  client.write('slow');
  expect(String(await client.readBytes(4))).toBe('slow');
  expect(performance.now() - begun).toBeGreaterThan(50);
  proxy.refuse();
  // The reset may overtake the end of the connect.
  const refused = await RawSocket.connect(proxy.port).then(
    (socket) => socket.readToEnd().then(() => socket.closed),
    (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET',
  );
  expect(refused).toBe(true);
});
