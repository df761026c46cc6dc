const firstSize = 256;

/** Keeps a piece that arrives in parts, up to a limit; past it the piece is only known to be too long. */
export class HeldBytes {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;
  #overflown = false;

  /** @param limit bytes */
  constructor(private readonly limit: number) {}

  get length(): number {
    return this.#length;
  }

  get overflown(): boolean {
    return this.#overflown;
  }

  /** What is held, until the next call; without meaning once `overflown`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  add(source: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.limit) {
      this.#overflown = true;
      return;
    }
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.limit, Math.max(length, 2 * this.#buffer.length, firstSize)));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(source.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  clear(): void {
    this.#length = 0;
    this.#overflown = false;
    // One long piece must not make a long stream expensive.
    if (this.#buffer.length > 65_536) this.#buffer = Buffer.alloc(0);
  }
}
