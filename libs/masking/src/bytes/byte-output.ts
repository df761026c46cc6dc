const nothing = Buffer.alloc(0);
/** Shorter runs are copied here faster than by a call into native code. Bytes. */
const shortRun = 24;

/** Collects the pieces of an answer in one buffer, which is given away when it is taken. */
export class ByteOutput {
  #buffer = nothing;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param expected how many bytes are likely to come, counting from nothing */
  expect(expected: number): void {
    if (this.#buffer.length < expected) this.#grow(expected);
  }

  bytes(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (size <= 0) return;
    if (this.#length + size > this.#buffer.length) this.#grow(this.#length + size);
    const buffer = this.#buffer;
    let to = this.#length;
    if (size > shortRun) buffer.set(source.subarray(start, end), to);
    else for (let at = start; at < end; at += 1) buffer[to++] = source[at]!;
    this.#length += size;
  }

  all(source: Uint8Array): void {
    this.bytes(source, 0, source.length);
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(this.#length + 1);
    this.#buffer[this.#length++] = value;
  }

  /** Moves what was collected to the end of another, and keeps the memory. */
  moveTo(other: ByteOutput): void {
    other.bytes(this.#buffer, 0, this.#length);
    this.#length = 0;
  }

  /** Shows what was collected, and forgets it; what is shown holds until more is collected. */
  view(): Buffer {
    const shown = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    return shown;
  }

  /** What was collected. The buffer is the caller's from now on. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = nothing;
    this.#length = 0;
    return taken;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#length, 256));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
