import type { MaskMethod } from '@sallyport/domain';
import { stricterMethod } from '../text-mask.js';
import type { ByteOutput } from '../bytes/byte-output.js';
import { HeldBytes } from '../bytes/held-bytes.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import { quote } from './json-bytes.js';
import { ScalarMasks } from '../scalar-masks.js';
import { readStringText, writeStringText } from './string-text.js';

const nullText = Buffer.from('null');

/** One scalar that is masked: remembers of its value what the method needs, and writes what stands in its place. */
export class HiddenScalar {
  readonly #held: HeldBytes;
  #method: MaskMethod = 'redact';

  constructor(
    private readonly masks: ScalarMasks,
    private readonly detectors: DetectorSet | undefined,
    private readonly maxScalarBytes: number,
  ) {
    this.#held = new HeldBytes(maxScalarBytes);
  }

  begin(method: MaskMethod): void {
    this.#method = method;
    this.#held.clear();
  }

  part(content: Uint8Array, start: number, end: number): void {
    if (ScalarMasks.usesValue(this.#method)) this.#held.add(content, start, end);
  }

  /** The content between the quotes ends with this part of a chunk. */
  string(content: Uint8Array, start: number, end: number, plain: boolean, out: ByteOutput): void {
    if (this.#held.length === 0 && !this.#held.overflown) {
      this.#string(content, start, end, plain, out);
      return;
    }
    this.part(content, start, end);
    this.#string(this.#held.bytes, 0, this.#held.length, plain, out);
  }

  number(content: Uint8Array, start: number, end: number, out: ByteOutput): void {
    this.part(content, start, end);
    const known = ScalarMasks.usesValue(this.#method) && !this.#held.overflown;
    const literal = known ? this.#held.bytes.toString('latin1') : '0';
    out.all(Buffer.from(this.masks.number(known ? this.#method : this.#blind(), literal)));
  }

  boolean(out: ByteOutput): void {
    out.all(Buffer.from(this.masks.boolean(this.#method)));
  }

  /** A value too long to be held is hidden whole, which shows less. */
  #blind(): MaskMethod {
    return this.#method === 'null' ? 'null' : 'redact';
  }

  #string(content: Uint8Array, start: number, end: number, plain: boolean, out: ByteOutput): void {
    const masked = this.#masked(content, start, end, plain);
    if (masked === null) {
      out.all(nullText);
      return;
    }
    out.byte(quote);
    writeStringText(masked, 0, masked.length, out);
    out.byte(quote);
  }

  #masked(content: Uint8Array, start: number, end: number, plain: boolean): Buffer | null {
    const unknown = this.#held.overflown || end - start > this.maxScalarBytes;
    if (unknown || !ScalarMasks.usesValue(this.#method)) return this.masks.text(this.#blind(), content, 0, 0);
    if (plain) return this.masks.text(this.#strictest(content, start, end), content, start, end);
    const { text } = readStringText(content, start, end, true);
    return this.masks.text(this.#strictest(text, 0, text.length), text);
  }

  /** A tail may be shown only when no detector hides what stands in it. */
  #strictest(text: Uint8Array, start: number, end: number): MaskMethod {
    const found = this.#method === 'partial' ? this.detectors?.strictest(text, start, end) : undefined;
    return found === undefined ? this.#method : stricterMethod(this.#method, found);
  }
}
