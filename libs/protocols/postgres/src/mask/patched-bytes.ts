import type { Words } from '@sallyport/masking';
import type { ByteSink } from './byte-sink.js';

/** A run of bytes on its way into a sink, in which cells are replaced from front to back. */
export class PatchedBytes {
  /** Everything of the source before this offset is in the sink. */
  #taken: number;

  constructor(
    private readonly source: Words,
    start: number,
    private readonly out: ByteSink,
  ) {
    this.#taken = start;
  }

  /** Where the byte at a source offset not yet replaced will stand in the sink. */
  position(offset: number): number {
    return this.out.length + offset - this.#taken;
  }

  /**
   * Replaces the length field at `lengthAt` and the value that follows it up to `valueEnd` by `count` bytes of `value`; null
   * means SQL NULL, length -1.
   */
  replaceCell(lengthAt: number, valueEnd: number, value: Words | null, from: number, count: number): void {
    const { out } = this;
    if (value === null) {
      out.appendWords(this.source, this.#taken, lengthAt);
      out.appendInt32(-1);
    } else {
      out.appendCell(this.source, this.#taken, lengthAt, value, from, count);
    }
    this.#taken = valueEnd;
  }

  /** Overwrites four bytes in front of a replacement, at a place `position` gave. */
  setInt32(position: number, value: number): void {
    this.out.setInt32(position, value);
  }

  /** The rest of the run passes as it is. */
  finish(end: number): void {
    this.out.appendWords(this.source, this.#taken, end);
  }
}
