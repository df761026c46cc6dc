/** Below this many bytes a loop beats the call into native code. */
const smallCopy = 40;

/** Bytes written one after the other into memory that grows. What was given out must not change before whoever has it is done. */
export class ByteSink {
  length = 0;
  #bytes: Buffer;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  append(from: Buffer, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    if (count >= smallCopy)
      from.copy(this.#bytes, this.length, start, end); // makes no view that would be garbage
    else copyBytes(from, start, end, this.#bytes, this.length);
    this.length += count;
  }

  /** What stands before a cell, then the cell with its length in front: as three appends, looked at once. */
  appendCell(before: Buffer, start: number, end: number, value: Buffer, from: number, count: number): void {
    const run = end - start;
    this.#reserve(run + 4 + count);
    const bytes = this.#bytes;
    let at = this.length;
    if (run >= smallCopy) before.copy(bytes, at, start, end);
    else copyBytes(before, start, end, bytes, at);
    at += run;
    writeInt32(bytes, at, count);
    at += 4;
    if (count >= smallCopy) value.copy(bytes, at, from, from + count);
    else copyBytes(value, from, from + count, bytes, at);
    this.length = at + count;
  }

  appendInt32(value: number): void {
    this.#reserve(4);
    writeInt32(this.#bytes, this.length, value);
    this.length += 4;
  }

  appendByte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length] = value;
    this.length += 1;
  }

  /** Overwrites four bytes that are already there. */
  setInt32(at: number, value: number): void {
    writeInt32(this.#bytes, at, value);
  }

  /** Everything written: a view. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.length = 0;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  for (let offset = start, target = at; offset < end; offset += 1, target += 1) to[target] = from[offset]!;
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
