import type { OnReadOpts } from 'node:net';

/**
 * Room for eight of the largest packets that data comes in. Memory that a quiet connection never fills is never resident.
 * Bytes.
 */
const memorySize = (256 + 8) << 10;

/**
 * One connection's incoming bytes, always in the same memory: a buffer of its own for every read is what a bulk transfer
 * spends most of its time on, in the garbage collector. What is given out is lent: the next read overwrites it, but for
 * the end that the listener wants to see again, in front of what follows.
 */
export class LentReads {
  /** For the socket's constructor. The socket must be paused until somebody listens. */
  readonly options: OnReadOpts;
  readonly #memory = Buffer.allocUnsafeSlow(memorySize);
  #kept = 0;
  #listener: ((chunk: Buffer) => number) | undefined;

  constructor() {
    this.options = { buffer: () => this.#memory.subarray(this.#kept), callback: (length) => this.#read(length) };
  }

  /**
   * @param listener must not throw, and has no use of the chunk once it returns. It returns how many bytes at the chunk's
   * end it wants again: fewer than the largest packet has.
   */
  listen(listener: (chunk: Buffer) => number): void {
    this.#listener = listener;
  }

  /** Whether these bytes are only lent. */
  holds(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#memory.buffer;
  }

  #read(length: number): true {
    const end = this.#kept + length;
    this.#kept = this.#listener?.(this.#memory.subarray(0, end)) ?? 0;
    this.#memory.copyWithin(0, end - this.#kept, end);
    return true;
  }
}
