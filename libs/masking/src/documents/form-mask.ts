import type { MaskMethod } from '@sallyport/domain';
import { ByteOutput } from '../bytes/byte-output.js';
import { HeldBytes } from '../bytes/held-bytes.js';
import { Utf8Check } from '../bytes/utf8-check.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import { hexValue } from '../json/json-bytes.js';
import { MaskError } from '../mask-error.js';
import type { PathState } from '../paths/path-state.js';
import type { Masker } from '../stream-mask.js';
import { stricterMethod } from '../text-mask.js';
import type { ValueMaskOptions } from './value-mask.js';
import { ValueMask } from './value-mask.js';

const ampersand = 0x26;
/** Some readers separate fields by it, too. */
const semicolon = 0x3b;
const equals = 0x3d;
const percent = 0x25;
const plus = 0x2b;
const blank = 0x20;
const index = /^(0|[1-9][0-9]{0,8})?$/;

export interface FormMaskOptions extends ValueMaskOptions {
  readonly maxScalarBytes: number;
}

/**
 * `application/x-www-form-urlencoded` (WHATWG URL section 5). A field is held until it is complete; one that is not masked is
 * copied byte for byte. Names with an inner structure, `user[email]` or `user.email`, are also followed as paths.
 */
export class FormMask implements Masker {
  readonly #utf8 = new Utf8Check();
  readonly #out = new ByteOutput();
  readonly #held: HeldBytes;
  readonly #values: ValueMask;
  readonly #root: PathState;
  readonly #detectors: DetectorSet | undefined;

  constructor(options: FormMaskOptions) {
    this.#held = new HeldBytes(options.maxScalarBytes);
    this.#values = new ValueMask(options);
    this.#root = options.root;
    this.#detectors = options.detectors;
  }

  push(chunk: Buffer): Buffer {
    this.#utf8.push(chunk);
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (chunk[at] !== ampersand && chunk[at] !== semicolon) continue;
      this.#hold(chunk, start, at);
      this.#giveField();
      this.#out.byte(chunk[at]!);
      start = at + 1;
    }
    this.#hold(chunk, start, chunk.length);
    return this.#out.take();
  }

  end(): Buffer {
    this.#utf8.end();
    this.#giveField();
    return this.#out.take();
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    this.#held.add(chunk, start, end);
    if (this.#held.overflown) throw new MaskError('too-long', 'form: a field is too long');
  }

  #giveField(): void {
    const field = this.#held.bytes;
    const sign = field.indexOf(equals);
    const nameEnd = sign < 0 ? field.length : sign;
    const masked = this.#masked(decoded(field.subarray(0, nameEnd)), decoded(field.subarray(nameEnd + 1)));
    if (masked === undefined) this.#out.all(field);
    else {
      this.#out.bytes(field, 0, nameEnd);
      this.#out.byte(equals);
      this.#out.all(Buffer.from(new URLSearchParams([['', masked]]).toString().slice(1)));
    }
    this.#held.clear();
  }

  /** Undefined where the field stays as it is. */
  #masked(name: Buffer, value: Buffer): string | undefined {
    const method = this.#methodOf(name.toString());
    if (method !== undefined) return this.#values.hiddenText(method, value.toString()) ?? '';
    const found = new ByteOutput();
    return this.#detectors?.mask(value, 0, value.length, found) ? found.take().toString() : undefined;
  }

  #methodOf(name: string): MaskMethod | undefined {
    const whole = this.#root.named(name).mask;
    let state = this.#root;
    for (const part of name.split(/\]?[.[]|\]$/)) {
      if (part === '' && state === this.#root) continue;
      state = index.test(part) && part !== name ? state.element(Number(part)) : state.named(part);
    }
    return whole && state.mask ? stricterMethod(whole, state.mask) : (whole ?? state.mask);
  }
}

function decoded(bytes: Buffer): Buffer {
  const text = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const high = at + 2 < bytes.length ? hexValue[bytes[at + 1]!]! : 255;
    const low = at + 2 < bytes.length ? hexValue[bytes[at + 2]!]! : 255;
    if (bytes[at] === percent && high < 16 && low < 16) {
      text[length++] = high * 16 + low;
      at += 2;
    } else text[length++] = bytes[at] === plus ? blank : bytes[at]!;
  }
  return text.subarray(0, length);
}
