import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { acceptReusing, connectReusing, lendChunks, ownChunks, type ChunkReader } from './reused-reads.js';

let server: Server;
let accepted: Promise<Socket>;
beforeEach(async () => {
  server = createServer({ noDelay: true });
  accepted = once(server, 'connection').then(([socket]) => socket as Socket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => server.close());

type Ends = Promise<{ near: Socket; far: Socket }>;

async function byConnecting(): Ends {
  const { port } = server.address() as AddressInfo;
  const near = connectReusing((onread) => connect({ host: '127.0.0.1', port, onread }));
  await once(near, 'connect');
  return { near, far: await accepted };
}

async function byAccepting(): Ends {
  const { port } = server.address() as AddressInfo;
  const near = once(server, 'connection').then(([socket]) => acceptReusing(socket as Socket));
  const far = connect({ host: '127.0.0.1', port });
  await once(far, 'connect');
  return { near: await near, far };
}

/** Sends pieces one after the other, each when the one before has arrived. */
async function send(far: Socket, near: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    const before = near.bytesRead;
    far.write(piece);
    while (near.bytesRead < before + piece.length) await new Promise((resolve) => setImmediate(resolve));
  }
}

const numbered = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => Buffer.from(`piece ${at}`));

describe.each([
  ['connects', byConnecting],
  ['was accepted', byAccepting],
])('a socket that %s', (_, connected) => {
  test('a chunk that is still needed is never overwritten, and memory is used again when none is', async () => {
    const { near, far } = await connected();
    const kept: Buffer[] = [];
    const memories = new Set<ArrayBufferLike>();
    let keep = true;
    const holds = (): boolean => keep;
    lendChunks(near, (chunk) => {
      memories.add(chunk.buffer);
      if (keep) kept.push(chunk);
      return holds;
    });
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
    near.destroy();
  });

  test('a chunk that is needed to the end of its turn alone takes turns with another memory', async () => {
    const { near, far } = await connected();
    const memories = new Set<ArrayBufferLike>();
    let last: { readonly chunk: Buffer; readonly text: string } | undefined;
    const seen: string[] = [];
    const holds = (): boolean => last !== undefined;
    lendChunks(near, (chunk) => {
      memories.add(chunk.buffer);
      last = { chunk, text: chunk.toString() };
      setImmediate(() => {
        seen.push(`${last?.chunk.toString()}`);
        last = undefined;
      });
      return holds;
    });
    const pieces = numbered(50);
    for (const piece of pieces) {
      await send(far, near, [piece]);
      while (seen.at(-1) !== piece.toString()) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen).toEqual(pieces.map(String));
    expect(memories.size).toBe(2);
    near.destroy();
  });

  test('one chunk that is needed for long keeps its memory alone: the others are used again', async () => {
    const { near, far } = await connected();
    const memories = new Set<ArrayBufferLike>();
    let first: Buffer | undefined;
    const always = (): boolean => true;
    lendChunks(near, (chunk) => {
      memories.add(chunk.buffer);
      if (first) return undefined;
      first = chunk;
      return always;
    });
    await send(far, near, numbered(100));
    expect(`${first?.toString()}`).toBe('piece 0');
    expect(memories.size).toBe(2);
    near.destroy();
  });

  test('more chunks than a socket keeps memory for are kept all the same', async () => {
    const { near, far } = await connected();
    const kept: { readonly chunk: Buffer; holds: boolean }[] = [];
    lendChunks(near, (chunk) => {
      const one = { chunk, holds: true };
      kept.push(one);
      return () => one.holds;
    });
    const pieces = numbered(200);
    await send(far, near, pieces.slice(0, 100));
    // Every other one is given back, also such whose memory is forgotten already.
    for (const [at, one] of kept.entries()) one.holds = at % 2 === 0;
    await send(far, near, pieces.slice(100));
    for (const [at, { chunk, holds }] of kept.entries()) if (holds) expect(String(chunk)).toBe(String(pieces[at]));
    near.destroy();
  });

  test('before anybody is lent chunks it is a socket like any other: events, pauses, its end', async () => {
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

  test('what arrived before comes first, and after the loan the socket is a stream again that nobody overwrites', async () => {
    const { near, far } = await connected();
    await send(far, near, numbered(3));
    expect(near.readableLength).toBeGreaterThan(0);
    const lent: string[] = [];
    const reader: ChunkReader = (chunk) => void lent.push(chunk.toString());
    lendChunks(near, reader);
    await send(far, near, [Buffer.from('lent')]);
    expect(lent.join('')).toBe(`${numbered(3).join('')}lent`);
    ownChunks(near, reader);
    near.pause();
    const large = Buffer.alloc(3 << 20, 'abcdefg');
    far.end(large);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Nobody reads: the sender has to wait.
    expect(near.readableLength).toBeLessThan(1 << 20);
    const owned: Buffer[] = [];
    near.on('data', (chunk: Buffer) => owned.push(chunk)).resume();
    await once(near, 'end');
    expect(Buffer.concat(owned).equals(large)).toBe(true);
    expect(lent).toHaveLength(4);
  });
});

test('a server whose connection moved to another socket still knows when it has ended', async () => {
  const { near, far } = await byAccepting();
  expect(near.remotePort).toBe(far.localPort);
  const count = (): Promise<number> =>
    new Promise((resolve, reject) => server.getConnections((error, open) => (error ? reject(error) : resolve(open))));
  expect(await count()).toBe(1);
  near.on('error', () => undefined).resume();
  far.destroy();
  await once(near, 'close');
  expect(await count()).toBe(0);
});

test('what is no connection of this runtime stays what it is', () => {
  const other = new Socket();
  expect(acceptReusing(other)).toBe(other);
});
