import { connect, type Socket } from 'node:net';

/** Sizes of the memory that is read into: for single rows and idle sessions, for most results, for bulk. Bytes. */
const sizes = [1 << 10, 16 << 10, 64 << 10] as const;

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

/**
 * Hands each chunk to `reader`, in reused memory where the socket was made for that.
 * @param holds whether the memory of earlier chunks is still needed: otherwise the next read overwrites it
 */
export function readChunks(socket: Socket, reader: (chunk: Buffer) => void, holds: () => boolean): void {
  const reads = readers.get(socket);
  if (reads) Object.assign(reads, { reader, holds });
  else socket.on('data', reader);
}

class ReusedReads {
  reader: ((chunk: Buffer) => void) | undefined;
  holds: () => boolean = () => false;
  #buffer: Buffer = Buffer.alloc(0);
  /** Took the read before, and is free when the next one comes: what is written leaves at the end of a turn. */
  #spare: Buffer | undefined;
  #size = 0;

  /** Where the next read goes; asked for as soon as the last one has been received. */
  next(): Buffer {
    const size = sizes[this.#size]!;
    const last = this.#buffer;
    if (last.length === size && !this.holds()) return last;
    this.#buffer = this.#spare?.length === size ? this.#spare : Buffer.allocUnsafeSlow(size);
    this.#spare = last;
    return this.#buffer;
  }

  received(socket: Socket, count: number): void {
    // Asked before this chunk is handed on, so it is about the earlier ones.
    if (this.holds()) this.#spare = undefined;
    const chunk = this.#buffer.subarray(0, count);
    if (count === this.#buffer.length) this.#size = Math.min(this.#size + 1, sizes.length - 1);
    // The end of a bulk result: what may idle for hours now needs less.
    else if (this.#size === sizes.length - 1 && count <= sizes[1]) this.#size = 1;
    if (this.reader) this.reader(chunk);
    else socket.emit('data', Buffer.from(chunk));
  }
}
