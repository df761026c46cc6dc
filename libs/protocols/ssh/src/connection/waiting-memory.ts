/** Where data of a channel waits for its peer: as large as what comes in one message. Bytes. */
export const pieceBytes = 32 << 10;
/** Smaller data would waste more than it saves. Bytes. */
const worthwhile = 8 << 10;
/** For the whole process: two windows full. */
const maxKept = 64;

/**
 * Whether a bulk transfer waits is decided by its reader; that must not cost a new
 * buffer for every message. One for all channels: what one of them left in a piece is overwritten as far as it is read.
 */
export class WaitingMemory {
  readonly #free: Buffer[] = [];
  readonly #pieces = new WeakSet<ArrayBufferLike>();

  /** A copy, which goes back with `release` once nobody reads it any more. */
  copy(bytes: Buffer): Buffer {
    if (bytes.length < worthwhile || bytes.length > pieceBytes) return Buffer.from(bytes);
    const piece = this.#free.pop() ?? this.#made();
    bytes.copy(piece);
    return piece.subarray(0, bytes.length);
  }

  /** @param copy as it was given out, or what is left at its end */
  release(copy: Buffer): void {
    if (this.#pieces.has(copy.buffer) && this.#free.length < maxKept) this.#free.push(Buffer.from(copy.buffer));
  }

  #made(): Buffer {
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    this.#pieces.add(piece.buffer);
    return piece;
  }
}
