import type { OnReadOpts } from 'node:net';

/** The kernel hands over no more at once. Memory that a quiet connection never fills is never resident. Bytes. */
const bufferSize = 256 << 10;

/**
 * One connection's incoming bytes, always in the same memory: a buffer of its own for every read is what a bulk transfer
 * spends most of its time on, in the garbage collector. What is given out is lent: the next read overwrites it.
 */
export class LentReads {
  /** For the socket's constructor. The socket must be paused until somebody listens. */
  readonly options: OnReadOpts;
  #listener: ((chunk: Buffer) => void) | undefined;

  constructor() {
    const memory = Buffer.allocUnsafeSlow(bufferSize);
    this.options = {
      buffer: memory,
      callback: (length) => {
        this.#listener?.(memory.subarray(0, length));
        return true;
      },
    };
  }

  /** @param listener must not throw, and has no use of the chunk once it returns */
  listen(listener: (chunk: Buffer) => void): void {
    this.#listener = listener;
  }
}
