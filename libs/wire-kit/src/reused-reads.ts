import type { OnReadOpts, Socket } from 'node:net';

/** Bytes: for single answers and idle connections, for most, for bulk. */
const plainSizes = [1 << 10, 16 << 10, 64 << 10] as const;
/** A record holds no more (RFC 8446 section 5.1), and each is read by itself. */
const secureSizes = [1 << 10, 16 << 10] as const;

/** Memory that one socket keeps besides what is read into: as many reads as one turn of the event loop may bring. */
const maxSpare = 8;

/** Whether memory that was lent is still read by whoever has it, or has it from them. */
export type Holder = () => boolean;

/**
 * Takes a chunk that lies in memory which is used again: unless the holder that it answers with says that it is still needed,
 * the next read overwrites it. Without a holder nothing of the chunk is needed once this returns. Must not throw.
 */
export type ChunkReader = (chunk: Buffer) => Holder | undefined;

interface Lent {
  readonly memory: Buffer;
  readonly holder: Holder;
}

const everyReads = new WeakMap<Socket, ReusedReads>();

/**
 * Makes a socket that reads into the same memory again and again, which is its own and never another socket's. Memory made
 * for each read costs a short exchange a tenth of its time, and grows with a long one until the collector looks for it. Until
 * `lendChunks` is called, and after `ownChunks`, the socket is a stream like any other.
 * @param connect makes the socket, with this among its options
 */
export function connectReusing<S extends Socket>(connect: (onread: OnReadOpts) => S, tls: 'tls' | 'plain' = 'plain'): S {
  const reads = new ReusedReads(tls === 'tls' ? secureSizes : plainSizes);
  const socket: S = connect({ buffer: () => reads.next(), callback: (count) => reads.received(socket, count) });
  everyReads.set(socket, reads);
  return socket;
}

/** Hands each chunk to `reader`, in reused memory where the socket was made for that. Starts the flow, as a listener does. */
export function lendChunks(socket: Socket, reader: ChunkReader): void {
  const reads = everyReads.get(socket);
  if (reads) reads.reader = reader;
  // What arrived before comes this way, and what comes by a socket that knows nothing of this.
  socket.on('data', reader);
}

/** Undoes `lendChunks`: what comes next belongs to whoever listens. */
export function ownChunks(socket: Socket, reader: ChunkReader): void {
  const reads = everyReads.get(socket);
  if (reads) reads.reader = undefined;
  socket.off('data', reader);
}

class ReusedReads {
  reader: ChunkReader | undefined;
  /** Is read into. Nobody has anything of it. */
  #memory: Buffer = Buffer.alloc(0);
  /** Of the last chunk, which lies in `#memory`. */
  #holder: Holder | undefined;
  #lent: Lent[] = [];
  #spare: Buffer[] = [];
  #size = 0;

  constructor(private readonly sizes: readonly number[]) {}

  /** Where the next read goes; asked for as soon as the last one has been received. */
  next(): Buffer {
    const size = this.sizes[this.#size]!;
    const last = this.#memory;
    const holder = this.#holder;
    this.#holder = undefined;
    if (!holder?.()) {
      if (last.length === size) return last;
      this.#keep(last);
    } else {
      // Whoever holds the one that is forgotten here keeps it alive; it is never read into again.
      if (this.#lent.length === maxSpare) this.#lent.shift();
      this.#lent.push({ memory: last, holder });
    }
    this.#memory = this.#take(size) ?? Buffer.allocUnsafeSlow(size);
    return this.#memory;
  }

  /** @returns false where nobody wants more, as `push` does */
  received(socket: Socket, count: number): boolean {
    const chunk = this.#memory.subarray(0, count);
    // Before this chunk is handed on: its holder may be the one of earlier ones.
    if (this.#lent.length > 0) this.#takeBack();
    this.#fit(count);
    // What has not been delivered yet goes first.
    if (!this.reader || socket.readableLength > 0) return socket.push(Buffer.from(chunk));
    this.#holder = this.reader(chunk);
    return true;
  }

  /** Memory that fits what comes: as large as bulk needs, and less for what may idle for hours after it. */
  #fit(count: number): void {
    const largest = this.sizes.length - 1;
    if (count === this.#memory.length) this.#size = Math.min(this.#size + 1, largest);
    else if (largest > 1 && this.#size === largest && count <= this.sizes[1]!) {
      this.#size = 1;
      this.#spare.length = Math.min(this.#spare.length, 1);
    }
  }

  #take(size: number): Buffer | undefined {
    const at = this.#spare.findLastIndex(({ length }) => length === size);
    return at < 0 ? undefined : this.#spare.splice(at, 1)[0];
  }

  #takeBack(): void {
    const held: Lent[] = [];
    for (const lent of this.#lent) {
      if (lent.holder()) held.push(lent);
      else this.#keep(lent.memory);
    }
    this.#lent = held;
  }

  #keep(memory: Buffer): void {
    if (memory.length > 0 && this.#spare.length < maxSpare) this.#spare.push(memory);
  }
}
