import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { Tunnel } from '../message.js';
import { SocketSender } from '../server/socket-sender.js';
import { RawOrigin } from '../testing/raw-origin.js';
import { ask, asked, poolTo } from '../testing/upstream-client.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a head that comes in pieces is the head that was sent, and so is the body behind it', async () => {
  const value = randomBytes(1500).toString('hex');
  const body = randomBytes(100_000);
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nX-Long: ${value}\r\nContent-Length: ${body.length}\r\n\r\n`);
  const origin = await RawOrigin.start((socket, received) => {
    if (!received.endsWith('\r\n\r\n')) return;
    void (async () => {
      for (let at = 0; at < head.length; at += 400) {
        socket.write(head.subarray(at, at + 400));
        await pause(5);
      }
      socket.write(body);
    })();
  });
  const pool = poolTo(origin.port);
  for (let turn = 0; turn < 3; turn += 1) {
    const outcome = await ask(pool).outcome;
    expect(outcome).toMatchObject({ kind: 'response', head: { headers: [['x-long', value]] } });
    expect(outcome.kind === 'response' && outcome.body.equals(body)).toBe(true);
  }
  expect(origin.sockets).toHaveLength(1);
  pool.close();
  await origin.stop();
});

test('what is behind a switch waits for its reader and is not overwritten by what comes after it', async () => {
  const ahead = randomBytes(500);
  const after = Array.from({ length: 20 }, () => randomBytes(30_000));
  const origin = await RawOrigin.start((socket, received) => {
    if (!received.endsWith('\r\n\r\n')) return;
    const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.write(Buffer.concat([head, ahead]));
    void (async () => {
      for (const piece of after) {
        await pause(3);
        socket.write(piece);
      }
      socket.end();
    })();
  });
  const pool = poolTo(origin.port);
  const tunnel = await new Promise<Tunnel>((resolve, reject) => {
    pool.send(asked({ upgrade: 'echo' }), {
      response: () => reject(new Error('no switch')),
      switched: (_, switched) => resolve(switched),
      failed: reject,
    });
  });
  await pause(30);
  const kept: Buffer[] = [];
  tunnel.on('data', (chunk: Buffer) => {
    kept.push(chunk);
    tunnel.pause();
    setTimeout(() => tunnel.resume(), 3);
  });
  await new Promise((resolve) => tunnel.once('end', resolve));
  expect(Buffer.concat(kept).equals(Buffer.concat([ahead, ...after]))).toBe(true);
  pool.close();
  await origin.stop();
});

test('whoever sends needs a chunk until the socket has taken all of it, and no longer', async () => {
  const taken: { readonly bytes: number; done(): void }[] = [];
  const socket = new Duplex({
    writableHighWaterMark: 10,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => void taken.push({ bytes: chunk.length, done: () => done() }),
  });
  const sender = new SocketSender(socket, 60_000, () => undefined);
  const large = 100_000;
  expect(sender.holder()).toBeUndefined();
  const holders = [large, 20_000, 30_000].map((bytes) => {
    sender.write(Buffer.alloc(bytes));
    return sender.holder()!;
  });
  const held = (): boolean[] => holders.map((holds) => holds());
  const takeOne = async (): Promise<void> => {
    taken.shift()!.done();
    await pause(0);
  };
  // The first is too large to be handed over at once.
  expect([taken[0]!.bytes, ...held()]).toEqual([65_536, true, true, true]);
  await takeOne();
  expect(held()).toEqual([true, true, true]);
  await takeOne();
  expect(held()).toEqual([false, true, true]);
  await takeOne();
  expect(held()).toEqual([false, false, true]);
  await takeOne();
  expect([...held(), sender.holder()]).toEqual([false, false, false, undefined]);
  sender.close();
});
