import { ByteOutput } from '../bytes/byte-output.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import type { DetectorStream } from '../detectors/detector-stream.js';
import { readStringText, writeStringText } from './string-text.js';

/** Content up to this long is looked at whole, and copied byte for byte when nothing is found in it. Bytes. */
const wholeBytes = 16_384;
const nothing = Buffer.alloc(0);

/**
 * The content of one string in which detectors look. Content within one chunk is looked at where it lies; content in parts is
 * held until it is complete, or too long to be held, and then runs through a stream of detectors.
 */
export class WatchedString {
  #held = nothing;
  #stream: DetectorStream | undefined;
  /** The beginning of an escape whose rest has not arrived. */
  #begun = nothing;
  readonly #scratch = new ByteOutput();
  readonly #out = new ByteOutput();

  constructor(private readonly detectors: DetectorSet) {}

  /**
   * Content that is complete.
   * @param plain no escapes in it
   * @returns whether something else stands in its place, which {@link give} writes
   */
  whole(content: Uint8Array, start: number, end: number, plain: boolean): boolean {
    if (end - start > wholeBytes) {
      this.part(content, start, end, plain);
      this.finish(plain);
      return true;
    }
    const found = plain
      ? this.detectors.mask(content, start, end, this.#scratch)
      : this.#unescaped(readStringText(content, start, end, true).text);
    if (found) this.#write();
    return found;
  }

  /** Content that goes on. */
  part(content: Uint8Array, start: number, end: number, plain: boolean): void {
    if (this.#stream === undefined && this.#held.length + end - start <= wholeBytes) {
      this.#held = Buffer.concat([this.#held, content.subarray(start, end)]);
      return;
    }
    if (this.#stream === undefined) {
      this.#stream = this.detectors.stream();
      this.#feed(this.#held, 0, this.#held.length, plain, false);
      this.#held = nothing;
    }
    this.#feed(content, start, end, plain, false);
    this.#write();
  }

  /** The content given in parts is complete. */
  finish(plain: boolean): void {
    if (this.#stream) {
      this.#feed(nothing, 0, 0, plain, true);
      this.#stream.end(this.#scratch);
      this.#stream = undefined;
      this.#write();
      return;
    }
    const held = this.#held;
    this.#held = nothing;
    if (!this.whole(held, 0, held.length, plain)) this.#out.all(held);
  }

  /** Writes what is certain by now of what stands in the content's place. */
  give(out: ByteOutput): void {
    this.#out.moveTo(out);
  }

  #unescaped(text: Buffer): boolean {
    return this.detectors.mask(text, 0, text.length, this.#scratch);
  }

  #feed(content: Uint8Array, start: number, end: number, plain: boolean, complete: boolean): void {
    if (plain) {
      this.#stream!.write(content, start, end, this.#scratch);
      return;
    }
    const joined = Buffer.concat([this.#begun, content.subarray(start, end)]);
    const { text, read } = readStringText(joined, 0, joined.length, complete);
    this.#begun = joined.subarray(read);
    this.#stream!.write(text, 0, text.length, this.#scratch);
  }

  /** Puts the text that the detectors have let go of into JSON again. */
  #write(): void {
    const text = this.#scratch.view();
    writeStringText(text, 0, text.length, this.#out);
  }
}
