import { ByteOutput } from '../bytes/byte-output.js';
import { Utf8Check } from '../bytes/utf8-check.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import { MaskError } from '../mask-error.js';
import type { Masker } from '../stream-mask.js';

/** Text without a structure: only detectors look at it. Text that they cannot read, because it is not UTF-8, is refused. */
export class PlainTextMask implements Masker {
  readonly #utf8 = new Utf8Check();
  readonly #out = new ByteOutput();
  readonly #stream;

  constructor(detectors: DetectorSet | undefined) {
    this.#stream = detectors?.stream();
  }

  push(chunk: Buffer): Buffer {
    this.#utf8.push(chunk);
    // UTF-16 and UTF-32 of Latin letters are valid UTF-8 with these in between.
    if (chunk.includes(0)) throw new MaskError('encoding', 'text: a NUL character');
    if (!this.#stream) return chunk;
    this.#stream.write(chunk, 0, chunk.length, this.#out);
    return this.#out.take();
  }

  end(): Buffer {
    this.#utf8.end();
    this.#stream?.end(this.#out);
    return this.#out.take();
  }
}
