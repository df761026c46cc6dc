import { copyWords, Words, wordSlack } from '@sallyport/masking';

/** Below this many bytes a loop beats the call into native code. */
const smallCopy = 40;

/** Bytes written one after the other into memory that grows. What was given out must not change before whoever has it is done. */
export class ByteSink {
  length = 0;
  #memory: Words;

  constructor(capacity: number) {
    this.#memory = new Words(Buffer.allocUnsafeSlow(capacity + wordSlack));
  }

  get capacity(): number {
    return this.#memory.bytes.length - wordSlack;
  }

  append(from: Buffer, start: number, end: number): void {
    const count = end - start;
    const { bytes } = this.#room(count);
    if (count >= smallCopy)
      from.copy(bytes, this.length, start, end); // makes no view that would be garbage
    else for (let offset = start, at = this.length; offset < end; offset += 1, at += 1) bytes[at] = from[offset]!;
    this.length += count;
  }

  appendWords(from: Words, start: number, end: number): void {
    copyWords(from, start, end, this.#room(end - start), this.length);
    this.length += end - start;
  }

  /** What stands before a cell, then the cell with its length in front: as three appends, looked at once. */
  appendCell(before: Words, start: number, end: number, value: Words, from: number, count: number): void {
    const run = end - start;
    const memory = this.#room(run + 4 + count);
    const at = this.length + run;
    copyWords(before, start, end, memory, this.length);
    memory.view.setInt32(at, count);
    copyWords(value, from, from + count, memory, at + 4);
    this.length = at + 4 + count;
  }

  appendInt32(value: number): void {
    this.#room(4).view.setInt32(this.length, value);
    this.length += 4;
  }

  appendByte(value: number): void {
    this.#room(1).bytes[this.length] = value;
    this.length += 1;
  }

  /** Overwrites four bytes that are already there. */
  setInt32(at: number, value: number): void {
    this.#memory.view.setInt32(at, value);
  }

  /** Everything written: a view. */
  finish(): Buffer {
    return this.#memory.bytes.subarray(0, this.length);
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.length = 0;
  }

  #room(more: number): Words {
    const needed = this.length + more;
    if (needed <= this.capacity) return this.#memory;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.capacity * 2) + wordSlack);
    this.#memory.bytes.copy(larger, 0, 0, this.length);
    return (this.#memory = new Words(larger));
  }
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
