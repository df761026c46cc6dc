/** Builds a buffer field by field, big-endian, growing as needed. For messages that are made, not for those passed on. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 128) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    const at = this.#grow(1);
    this.#bytes.writeUInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#grow(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  uint32(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** UTF-8 and a NUL. The text must not hold a NUL itself. */
  terminated(text: string): this {
    if (text.includes('\0')) throw new RangeError('a terminated string cannot hold a NUL');
    const size = Buffer.byteLength(text);
    const at = this.#grow(size + 1);
    this.#bytes.write(text, at, 'utf8');
    this.#bytes[at + size] = 0;
    return this;
  }

  /** Overwrites four bytes, e.g. a length that is known at the end. */
  patchInt32(at: number, value: number): this {
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }
}
