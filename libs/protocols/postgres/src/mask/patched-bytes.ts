import { ByteSink, copyBytes, readInt32 } from './byte-sink.js';

/**
 * A run of bytes in which cells are replaced from front to back. Replacements of equal length are written into the source
 * itself, so a run in which nothing changes length is never copied; the first other one starts a copy.
 */
export class PatchedBytes {
  #copy: ByteSink | undefined;
  /** Everything of the source before this offset is in the copy. */
  #taken: number;

  constructor(
    private readonly source: Buffer,
    private readonly start: number,
    private readonly end: number,
  ) {
    this.#taken = start;
  }

  /** Where the byte at a source offset not yet replaced will stand in the result. */
  position(offset: number): number {
    return (this.#copy?.length ?? 0) + offset - this.#taken;
  }

  /** Replaces the length field at `lengthAt` and the value that follows it up to `valueEnd`; null means SQL NULL, length -1. */
  replaceCell(lengthAt: number, valueEnd: number, value: Buffer | null): void {
    const length = value === null ? -1 : value.length;
    if (this.#copy === undefined) {
      if (readInt32(this.source, lengthAt) === length) {
        if (value !== null) copyBytes(value, 0, length, this.source, lengthAt + 4);
        return;
      }
      const all = this.end - this.start;
      this.#copy = new ByteSink(all + (all >> 2) + 64);
    }
    this.#copy.append(this.source, this.#taken, lengthAt);
    this.#copy.appendInt32(length);
    if (value !== null) this.#copy.append(value, 0, length);
    this.#taken = valueEnd;
  }

  /** Overwrites four bytes in front of a replacement that changed a length, at a place `position` gave. */
  setInt32(position: number, value: number): void {
    this.#copy!.setInt32(position, value);
  }

  finish(): Buffer {
    if (this.#copy === undefined) return this.source.subarray(this.start, this.end);
    this.#copy.append(this.source, this.#taken, this.end);
    return this.#copy.finish();
  }
}
