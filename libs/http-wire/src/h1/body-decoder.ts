/** Takes a body out of the bytes of a connection. */
export interface BodyDecoder {
  /** The body is complete; nothing more is consumed. */
  readonly done: boolean;
  /** Bytes still to come; undefined where nobody knows. */
  readonly remaining: number | undefined;
  /** What the last step decoded, if anything. */
  readonly chunk: Buffer | undefined;
  /**
   * Decodes what lies from `start` to `end`. The bytes it consumes are the decoder's: it may move them.
   * @returns how many it consumed; less than there are only when the body is complete
   * @throws WireFault where the framing is in doubt
   */
  step(bytes: Buffer, start: number, end: number): number;
}

/** A body of known length (RFC 9112 section 6.2). */
export class LengthDecoder implements BodyDecoder {
  chunk: Buffer | undefined;

  /** @param remaining bytes still to come */
  constructor(public remaining: number) {}

  get done(): boolean {
    return this.remaining === 0;
  }

  step(bytes: Buffer, start: number, end: number): number {
    const count = Math.min(this.remaining, end - start);
    this.remaining -= count;
    this.chunk = count > 0 ? bytes.subarray(start, start + count) : undefined;
    return count;
  }
}
