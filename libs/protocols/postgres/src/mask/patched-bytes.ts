/** Below this many bytes a loop beats the call into native code. */
const smallCopy = 40;

/**
 * A run of bytes in which stretches are replaced from front to back. Replacements of equal length are written into the
 * source itself, so a run in which nothing changes length is never copied; the first other one starts a copy.
 */
export class PatchedBytes {
  #out: Buffer | undefined;
  #outLength = 0;
  /** Everything of the source before this offset is in the result. */
  #taken: number;

  constructor(
    private readonly source: Buffer,
    private readonly start: number,
    private readonly end: number,
    mayWriteToSource: boolean,
  ) {
    this.#taken = start;
    if (!mayWriteToSource) this.#startCopy();
  }

  /** Where the byte at a source offset not yet replaced will stand in the result. */
  position(offset: number): number {
    return this.#outLength + offset - this.#taken;
  }

  /** Replaces the length field at `lengthAt` and the value that follows it up to `valueEnd`; null means SQL NULL, length -1. */
  replaceCell(lengthAt: number, valueEnd: number, value: Buffer | null): void {
    const length = value === null ? -1 : value.length;
    const valueAt = lengthAt + 4;
    if (readInt32(this.source, lengthAt) === length && this.#out === undefined) {
      if (value !== null) copy(value, 0, length, this.source, valueAt);
      return;
    }
    if (this.#out === undefined) this.#startCopy();
    this.#takeUntil(lengthAt);
    this.#reserve(4 + Math.max(length, 0));
    writeInt32(this.#out!, this.#outLength, length);
    this.#outLength += 4;
    if (value !== null) this.#append(value);
    this.#taken = valueEnd;
  }

  /** Overwrites four bytes in front of a replacement that changed a length, at a place `position` gave. */
  setInt32(position: number, value: number): void {
    writeInt32(this.#out!, position, value);
  }

  finish(): Buffer {
    if (this.#out === undefined) return this.source.subarray(this.start, this.end);
    this.#takeUntil(this.end);
    return this.#out.subarray(0, this.#outLength);
  }

  #startCopy(): void {
    const length = this.end - this.start;
    this.#out = Buffer.allocUnsafe(length + (length >> 2) + 64);
  }

  #takeUntil(offset: number): void {
    const length = offset - this.#taken;
    this.#reserve(length);
    copy(this.source, this.#taken, offset, this.#out!, this.#outLength);
    this.#outLength += length;
    this.#taken = offset;
  }

  #append(bytes: Buffer): void {
    copy(bytes, 0, bytes.length, this.#out!, this.#outLength);
    this.#outLength += bytes.length;
  }

  #reserve(more: number): void {
    const needed = this.#outLength + more;
    if (needed <= this.#out!.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#out!.length * 2));
    this.#out!.copy(larger, 0, 0, this.#outLength);
    this.#out = larger;
  }
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

function copy(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start >= smallCopy) {
    from.copy(to, at, start, end);
    return;
  }
  for (let offset = start, target = at; offset < end; offset += 1, target += 1) to[target] = from[offset]!;
}
