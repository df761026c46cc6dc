import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { RawOrigin } from '../testing/raw-origin.js';
import { startNodeOrigin } from '../testing/node-origin.js';
import { ask, poolTo, type Outcome } from '../testing/upstream-client.js';
import type { Tunnel } from '../message.js';

const websocket = { upgrade: 'websocket', headers: [['sec-websocket-version', '13']] } as const;
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nX-A: b\r\n\r\n';

function tunnelOf(outcome: Outcome): Tunnel {
  if (outcome.kind !== 'switched') throw new Error(`not switched: ${JSON.stringify(outcome)}`);
  return outcome.tunnel;
}

async function read(tunnel: Tunnel, length: number): Promise<string> {
  let text = '';
  while (text.length < length) text += String((await once(tunnel, 'data'))[0]);
  return text;
}

test('a switch that was asked for hands over a tunnel; what the origin said ahead comes first', async () => {
  const origin = await RawOrigin.start((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(`${switching}early`);
    else if (received.endsWith('ping')) socket.write('pong');
  });
  const pool = poolTo(origin.port);
  const outcome = await ask(pool, websocket).outcome;
  expect(outcome).toMatchObject({ head: { status: 101, headers: [['x-a', 'b']] } });
  const tunnel = tunnelOf(outcome);
  // Whoever takes it over may do so later.
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await read(tunnel, 5)).toBe('early');
  tunnel.write('ping');
  expect(await read(tunnel, 4)).toBe('pong');
  expect(origin.received[0]).toContain('connection: Upgrade\r\nupgrade: websocket\r\n\r\nping');
  const closed = once(tunnel, 'close');
  pool.close();
  await closed;
  await origin.stop();
});

test('much flows through a tunnel both ways, and its end ends it on both sides', async () => {
  const origin = await startNodeOrigin((_request, response) => response.end());
  origin.server.on('upgrade', (_request, socket) => {
    socket.write(switching);
    socket.pipe(socket);
  });
  const pool = poolTo(origin.port);
  const tunnel = tunnelOf(await ask(pool, websocket).outcome);
  const sent = createHash('sha256');
  const back = createHash('sha256');
  let length = 0;
  tunnel.on('data', (chunk: Buffer) => {
    back.update(chunk);
    length += chunk.length;
    if (length === 64 * 100_000) tunnel.end();
  });
  for (let index = 0; index < 64; index += 1) {
    const chunk = randomBytes(100_000);
    sent.update(chunk);
    if (!tunnel.write(chunk)) await once(tunnel, 'drain');
  }
  await once(tunnel, 'close');
  expect(back.digest('hex')).toBe(sent.digest('hex'));
  expect((await ask(pool).outcome).kind).toBe('response');
  pool.close();
  await origin.stop();
});

test.each([
  ['another protocol', switching.replace('WebSocket', 'h2c')],
  ['two protocols', switching.replace('WebSocket', 'websocket, h2c')],
  ['no protocol', switching.replace('Upgrade: WebSocket\r\n', '')],
  ['no Connection', switching.replace('Connection: Upgrade\r\n', '')],
  ['a length', switching.replace('X-A: b', 'Content-Length: 5')],
])('a switch to something else is a fault: %s', async (_, bytes) => {
  const origin = await RawOrigin.answering(bytes);
  const pool = poolTo(origin.port);
  expect(await ask(pool, websocket).outcome).toMatchObject({ kind: 'failed', fault: { status: 502 }, sent: true });
  pool.close();
  await origin.stop();
});

test('an origin that refuses the switch has answered, and its connection serves nothing else', async () => {
  const origin = await RawOrigin.answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  const pool = poolTo(origin.port);
  const outcome = await ask(pool, websocket).outcome;
  expect(outcome).toMatchObject({ kind: 'response', head: { status: 403 }, body: Buffer.from('no') });
  await ask(pool).outcome;
  expect(origin.sockets).toHaveLength(2);
  pool.close();
  await origin.stop();
});

test('cancelling after the switch ends the tunnel', async () => {
  const origin = await RawOrigin.answering(switching);
  const pool = poolTo(origin.port);
  const { exchange, outcome } = ask(pool, websocket);
  const tunnel = tunnelOf(await outcome);
  const closed = [once(tunnel, 'close'), once(origin.sockets[0]!, 'close')];
  exchange.cancel();
  await Promise.all(closed);
  pool.close();
  await origin.stop();
});
