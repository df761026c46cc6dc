import { open } from 'node:fs/promises';

/** A segment ends near a mebibyte, with the frame that passed it. Bytes. */
const usualBytes = 1280 * 1024;
/** As many as are under way at once. */
const maxSpare = 4;

/**
 * Reads segments into memory that is used again: a mebibyte made for each makes the collector walk the whole heap every few
 * dozen segments.
 */
export class SegmentMemory {
  readonly #spare: Buffer[] = [];

  /** The whole file. */
  async read(path: string): Promise<Buffer> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const memory =
        size > usualBytes ? Buffer.allocUnsafeSlow(size) : (this.#spare.pop() ?? Buffer.allocUnsafeSlow(usualBytes));
      let length = 0;
      while (length < size) {
        const { bytesRead } = await file.read(memory, length, size - length, length);
        if (bytesRead === 0) throw new Error('the segment became shorter while it was read');
        length += bytesRead;
      }
      return memory.subarray(0, size);
    } finally {
      await file.close();
    }
  }

  /** Nobody uses these bytes any more. */
  giveBack(bytes: Buffer): void {
    const isUsual = bytes.buffer.byteLength === usualBytes;
    if (isUsual && this.#spare.length < maxSpare) this.#spare.push(Buffer.from(bytes.buffer));
  }
}
