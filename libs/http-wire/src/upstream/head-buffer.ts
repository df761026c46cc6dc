const headEnd = Buffer.from('\r\n\r\n');

export interface CutHead {
  /** The lines with their CRLFs, without the empty one, as latin1 text. */
  readonly text: string;
  /** What came behind the head. */
  readonly rest: Buffer | undefined;
}

/** Gathers chunks until the empty line that ends a head; grows by doubling, so that a head in single bytes costs no more. */
export class HeadBuffer {
  #bytes: Buffer | undefined;
  #length = 0;

  constructor(private readonly maxBytes: number) {}

  /** Undefined while more bytes are needed; `'tooLong'` once there can be no end within the maximum. */
  push(chunk: Buffer): CutHead | 'tooLong' | undefined {
    const from = Math.max(0, this.#length - headEnd.length + 1);
    const bytes = this.#length === 0 ? chunk : this.#append(chunk);
    const end = bytes.indexOf(headEnd, from);
    if (end < 0 && bytes.length <= this.maxBytes) {
      if (this.#length === 0) this.#append(chunk);
      return undefined;
    }
    this.#bytes = undefined;
    this.#length = 0;
    if (end < 0 || end > this.maxBytes) return 'tooLong';
    const behind = end + headEnd.length;
    return {
      text: bytes.toString('latin1', 0, end + 2),
      rest: behind < bytes.length ? bytes.subarray(behind) : undefined,
    };
  }

  #append(chunk: Buffer): Buffer {
    const needed = this.#length + chunk.length;
    let bytes = this.#bytes;
    if (bytes === undefined || bytes.length < needed) {
      const roomier = Buffer.allocUnsafeSlow(Math.max(2 * needed, 512));
      bytes?.copy(roomier, 0, 0, this.#length);
      this.#bytes = bytes = roomier;
    }
    chunk.copy(bytes, this.#length);
    this.#length = needed;
    return bytes.subarray(0, needed);
  }
}
