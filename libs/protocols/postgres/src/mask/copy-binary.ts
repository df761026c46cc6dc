import { Words } from '@sallyport/masking';
import { type ByteSink, readInt32 } from './byte-sink.js';
import type { CellMask } from './cell-mask.js';
import type { CopyRowMask } from './copy-row-mask.js';
import { malformed } from './malformed.js';
import { PatchedBytes } from './patched-bytes.js';
import { maskCells } from './row-mask.js';

/** Section "Binary Format" of the documentation of COPY. */
const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const headerBytes = signature.length + 8;

/** Tuples behind one file header, until a trailer of -1. The header travels with what follows it, as the server sends it. */
export class BinaryCopyMask implements CopyRowMask {
  #stage: 'header' | 'tuples' | 'ended' = 'header';
  /** Where the tuple starts and how far it was read, relative to the row's start. */
  #tuple = 0;
  #at = 0;
  #left = -1;

  constructor(private readonly cells: readonly (CellMask | undefined)[]) {}

  get ended(): boolean {
    return this.#stage === 'ended';
  }

  find(bytes: Buffer, rowStart: number, end: number): number {
    if (this.#stage === 'ended') throw malformed('COPY data behind the trailer');
    if (this.#stage === 'header' && !this.#passHeader(bytes, rowStart, end)) return -1;
    const length = end - rowStart;
    if (this.#left < 0) {
      if (this.#at + 2 > length) return -1;
      const columns = bytes.readInt16BE(rowStart + this.#at);
      this.#at += 2;
      if (columns === -1) {
        this.#stage = 'ended';
        return rowStart + this.#at;
      }
      if (columns !== this.cells.length) throw malformed('a COPY row with a wrong number of columns');
      this.#left = columns;
    }
    while (this.#left > 0) {
      if (this.#at + 4 > length) return -1;
      const size = readInt32(bytes, rowStart + this.#at);
      if (size < -1) throw malformed('a COPY value with a wrong length');
      const valueEnd = this.#at + 4 + Math.max(size, 0);
      if (valueEnd > length) return -1;
      this.#at = valueEnd;
      this.#left -= 1;
    }
    return rowStart + this.#at;
  }

  mask(bytes: Buffer, rowStart: number, rowEnd: number, out: ByteSink): void {
    const words = new Words(bytes);
    const patched = new PatchedBytes(words, rowStart, out);
    if (this.#stage !== 'ended') maskCells(this.cells, words, rowStart + this.#tuple, rowEnd, patched);
    patched.finish(rowEnd);
  }

  next(): void {
    this.#tuple = 0;
    this.#at = 0;
    this.#left = -1;
  }

  #passHeader(bytes: Buffer, rowStart: number, end: number): boolean {
    if (end - rowStart < headerBytes) return false;
    if (bytes.compare(signature, 0, signature.length, rowStart, rowStart + signature.length) !== 0) {
      throw malformed('binary COPY data without its signature');
    }
    const flags = readInt32(bytes, rowStart + signature.length);
    const extension = readInt32(bytes, rowStart + signature.length + 4);
    // Flags change what a tuple looks like (16: oids in front); servers of today set none and send no extension.
    if (flags !== 0 || extension !== 0) throw malformed('a binary COPY header with flags or an extension');
    this.#stage = 'tuples';
    this.#tuple = headerBytes;
    this.#at = headerBytes;
    return true;
  }
}
