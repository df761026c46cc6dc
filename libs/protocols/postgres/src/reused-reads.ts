import { connect, type Socket } from 'node:net';

/** Sizes of the memory that is read into: for single rows and idle sessions, for most results, for bulk. Bytes. */
const sizes = [1 << 10, 16 << 10, 64 << 10] as const;

/** @returns whether it goes on needing the chunk's memory: otherwise the next read overwrites it */
export type ChunkReader = (chunk: Buffer) => boolean;

const readers = new WeakMap<Socket, ReusedReads>();

/**
 * Connects a socket that reads into the same memory again and again. Memory made for each read is what a short exchange
 * spends a tenth of its time on. Until `readChunks` is called it emits `data` like any other.
 */
export function connectReusing(endpoint: { readonly host: string; readonly port: number }): Socket {
  const reads = new ReusedReads();
  const socket = connect({
    ...endpoint,
    noDelay: true,
    keepAlive: true,
    onread: {
      buffer: () => reads.next(),
      callback: (count) => {
        reads.received(socket, count);
        return true;
      },
    },
  });
  readers.set(socket, reads);
  return socket;
}

/** Hands each chunk to `reader`, in reused memory where the socket was made for that. */
export function readChunks(socket: Socket, reader: ChunkReader): void {
  const reads = readers.get(socket);
  if (reads) reads.reader = reader;
  else socket.on('data', reader);
}

class ReusedReads {
  reader: ChunkReader | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #size = 0;
  #kept = false;

  /** Where the next read goes. */
  next(): Buffer {
    const size = sizes[this.#size]!;
    if (this.#kept || this.#buffer.length !== size) this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#kept = false;
    return this.#buffer;
  }

  received(socket: Socket, count: number): void {
    const chunk = this.#buffer.subarray(0, count);
    if (count === this.#buffer.length) this.#size = Math.min(this.#size + 1, sizes.length - 1);
    // The end of a bulk result: what may idle for hours now needs less.
    else if (this.#size === sizes.length - 1 && count <= sizes[1]) this.#size = 1;
    if (this.reader) this.#kept = this.reader(chunk);
    else socket.emit('data', Buffer.from(chunk));
  }
}
