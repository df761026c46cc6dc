const empty = Buffer.alloc(0);

/**
 * Bytes that arrived and were not consumed yet. Chunks are joined only when somebody needs more contiguous bytes than the
 * first one holds, so a large message is copied once however many chunks it came in, and a chunk that holds whole
 * messages is never copied.
 */
export class FrameBuffer {
  /** The contiguous front. Valid from `offset`. */
  bytes: Buffer = empty;
  offset = 0;
  #later: Buffer[] = [];
  #laterBytes = 0;

  get length(): number {
    return this.bytes.length - this.offset + this.#laterBytes;
  }

  /** Bytes that can be read at `offset` without joining chunks. */
  get contiguous(): number {
    return this.bytes.length - this.offset;
  }

  push(chunk: Buffer): void {
    if (this.offset === this.bytes.length && this.#laterBytes === 0) {
      this.bytes = chunk;
      this.offset = 0;
      return;
    }
    this.#later.push(chunk);
    this.#laterBytes += chunk.length;
  }

  /** True when `count` bytes are readable contiguously at `offset`; joins chunks where that takes it. */
  require(count: number): boolean {
    if (this.bytes.length - this.offset >= count) return true;
    if (this.length < count) return false;
    this.bytes = Buffer.concat([this.bytes.subarray(this.offset), ...this.#later]);
    this.offset = 0;
    this.#later = [];
    this.#laterBytes = 0;
    return true;
  }

  /** Consumes `count` contiguous bytes. */
  skip(count: number): void {
    this.offset += count;
    if (this.offset < this.bytes.length) return;
    // Let go of the chunk: an idle connection must not pin the slab it was read into.
    this.bytes = this.#later.shift() ?? empty;
    this.#laterBytes -= this.bytes.length;
    this.offset = 0;
  }

  /** Consumes and returns what is contiguous, at most `count` bytes; an empty buffer when there is nothing. */
  takeUpTo(count: number): Buffer {
    const size = Math.min(count, this.contiguous);
    const taken = this.bytes.subarray(this.offset, this.offset + size);
    if (size > 0) this.skip(size);
    return taken;
  }

  /** Consumes and returns everything. */
  takeAll(): Buffer {
    this.require(this.length);
    return this.takeUpTo(this.length);
  }
}
