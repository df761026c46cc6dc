import type { StreamMask } from '@sallyport/masking';

/** What a stream of output shows: all of it, or what a mask leaves of it. */
export class Output {
  readonly #mask: StreamMask | undefined;
  #ended = false;

  constructor(newMask: (() => StreamMask) | undefined) {
    this.#mask = newMask?.();
  }

  push(bytes: Buffer): Buffer {
    return this.#mask && bytes.length > 0 ? this.#mask.push(bytes) : bytes;
  }

  /** What the mask held back; empty from the second time on. */
  end(): Buffer {
    if (this.#ended) return Buffer.alloc(0);
    this.#ended = true;
    return this.#mask ? this.#mask.end() : Buffer.alloc(0);
  }

  get ended(): boolean {
    return this.#ended;
  }
}

/** A text of its own, such as a message, under the same mask. */
export function maskedText(newMask: (() => StreamMask) | undefined, text: string): string {
  if (!newMask) return text;
  const mask = newMask();
  return Buffer.concat([mask.push(Buffer.from(text)), mask.end()]).toString('utf8');
}
