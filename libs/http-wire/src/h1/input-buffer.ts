const empty = Buffer.alloc(0);

/**
 * Bytes that were received and not consumed. A chunk that meets an empty buffer is taken over as it is; only what comes
 * before the former is used up is copied, into room that doubles, so that one byte at a time costs no more than twice.
 * What was consumed is never written again: it may have been handed on.
 */
export class InputBuffer {
  bytes: Buffer = empty;
  /** The bytes not consumed are those from `start` to `end`. */
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  push(chunk: Buffer): void {
    if (this.start === this.end) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      return;
    }
    if (this.end + chunk.length > this.bytes.length) this.#grow(chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  consume(count: number): void {
    this.start += count;
    if (this.start < this.end) return;
    // Let go of the chunk: an idle connection must not pin the slab it was read into.
    this.bytes = empty;
    this.start = 0;
    this.end = 0;
  }

  takeAll(): Buffer {
    const taken = this.bytes.subarray(this.start, this.end);
    this.consume(taken.length);
    return taken;
  }

  #grow(more: number): void {
    const roomier = Buffer.allocUnsafe((this.length + more) * 2);
    this.bytes.copy(roomier, 0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    this.bytes = roomier;
  }
}
