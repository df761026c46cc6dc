import { MaskError } from '@sallyport/masking';

/** Bytes of something that is not complete yet; bounded. */
export class HeldBytes {
  #pieces: Buffer[] = [];
  length = 0;
  constructor(readonly limit: number) {}

  /** @throws MaskError beyond the limit */
  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.length += bytes.length;
    if (this.length > this.limit) throw new MaskError('too-long', 'a part of the answer is too large to be masked');
    this.#pieces.push(bytes);
  }

  take(): Buffer {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.length = 0;
    return bytes;
  }
}
