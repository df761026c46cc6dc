import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connectReusing, readChunks } from './reused-reads.js';

let server: Server;
let accepted: Promise<Socket>;
beforeEach(async () => {
  server = createServer({ noDelay: true });
  accepted = once(server, 'connection').then(([socket]) => socket as Socket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => server.close());

async function connected(): Promise<{ near: Socket; far: Socket }> {
  const near = connectReusing({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  await once(near, 'connect');
  return { near, far: await accepted };
}

/** Sends pieces one after the other, each when the one before has arrived. */
async function send(far: Socket, near: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    const before = near.bytesRead;
    far.write(piece);
    while (near.bytesRead < before + piece.length) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a chunk that is still needed is never overwritten, and memory is used again when none is', async () => {
  const { near, far } = await connected();
  const kept: Buffer[] = [];
  const memories = new Set<ArrayBufferLike>();
  let keep = true;
  readChunks(
    near,
    (chunk) => {
      memories.add(chunk.buffer);
      if (keep) kept.push(chunk);
    },
    () => keep,
  );
  near.resume();
  const pieces = [10, 1024, 100, 16_384, 70_000, 3, 200_000, 1].map((size, at) => Buffer.alloc(size, at + 1));
  await send(far, near, pieces);
  expect(Buffer.concat(kept).equals(Buffer.concat(pieces))).toBe(true);
  expect(memories.size).toBe(kept.length);
  keep = false;
  memories.clear();
  await send(
    far,
    near,
    Array.from({ length: 50 }, () => Buffer.alloc(100)),
  );
  // The one that the last kept chunk had been followed by, and a smaller one after bulk.
  expect(memories.size).toBeLessThanOrEqual(2);
  expect(Buffer.concat(kept).equals(Buffer.concat(pieces))).toBe(true);
  near.destroy();
});

test('a chunk that is needed to the end of its turn alone takes turns with another memory', async () => {
  const { near, far } = await connected();
  const memories = new Set<ArrayBufferLike>();
  let last: { readonly chunk: Buffer; readonly text: string } | undefined;
  const seen: string[] = [];
  readChunks(
    near,
    (chunk) => {
      memories.add(chunk.buffer);
      last = { chunk, text: chunk.toString() };
      setImmediate(() => {
        seen.push(`${last?.chunk.toString()}`);
        last = undefined;
      });
    },
    () => last !== undefined,
  );
  near.resume();
  const pieces = Array.from({ length: 50 }, (_, at) => Buffer.from(`piece ${at}`));
  for (const piece of pieces) {
    await send(far, near, [piece]);
    while (seen.at(-1) !== piece.toString()) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(seen).toEqual(pieces.map((piece) => piece.toString()));
  expect(memories.size).toBe(2);
  near.destroy();
});

test('before anybody reads chunks it is a socket like any other: events, pauses, its end', async () => {
  const { near, far } = await connected();
  const heard: Buffer[] = [];
  near.on('data', (chunk: Buffer) => heard.push(chunk));
  await send(far, near, [Buffer.from('one'), Buffer.from('two')]);
  near.pause();
  far.write('three');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(Buffer.concat(heard).toString()).toBe('onetwo');
  near.resume();
  far.end('four');
  await once(near, 'close');
  expect(Buffer.concat(heard).toString()).toBe('onetwothreefour');
});
