import { WireError } from './wire-error.js';

/** Reads big-endian fields within bounds. Whatever reaches past the end throws a WireError. */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public position = 0,
    readonly end: number = bytes.length,
  ) {}

  get remaining(): number {
    return this.end - this.position;
  }

  uint8(): number {
    return this.bytes[this.#advance(1)]!;
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#advance(2));
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#advance(4));
  }

  /** A view, not a copy. */
  slice(length: number): Buffer {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The bytes before the next NUL, which is consumed too. A view, not a copy. */
  terminated(): Buffer {
    const nul = this.bytes.indexOf(0, this.position);
    if (nul < 0 || nul >= this.end) throw new WireError('a string has no end');
    const text = this.bytes.subarray(this.position, nul);
    this.position = nul + 1;
    return text;
  }

  /** Consumes a string without any bytes, and its NUL, if that is what comes next: most names are. */
  emptyString(): boolean {
    if (this.position >= this.end || this.bytes[this.position] !== 0) return false;
    this.position += 1;
    return true;
  }

  /** Consumes this ASCII string, and its NUL, if that is what comes next. */
  string(text: string): boolean {
    const { bytes, position } = this;
    const nul = position + text.length;
    if (nul >= this.end || bytes[nul] !== 0) return false;
    for (let at = 0; at < text.length; at += 1) if (bytes[position + at] !== text.charCodeAt(at)) return false;
    this.position = nul + 1;
    return true;
  }

  /** Throws unless everything was read: trailing bytes are something that nobody looked at. */
  done(): void {
    if (this.position !== this.end) throw new WireError('bytes are left over at the end of a message');
  }

  #advance(count: number): number {
    const start = this.position;
    if (count < 0 || count > this.end - start) throw new WireError('a message is shorter than its fields');
    this.position = start + count;
    return start;
  }
}
