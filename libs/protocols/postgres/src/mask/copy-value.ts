import type { CopyShape } from '@sallyport/sql';

/** How one field is written in a line, and read back: section "File Formats" of the documentation of COPY. */
export interface CopyValueCodec {
  isNull(bytes: Buffer, start: number, end: number): boolean;
  /** Whether the field's bytes are the value's. */
  isPlain(bytes: Buffer, start: number, end: number): boolean;
  decode(bytes: Buffer, start: number, end: number): Buffer;
  /** @param column position, from 0 */
  encode(value: Buffer | null, column: number): Buffer;
}

const backslash = 0x5c;
/** Control characters with a letter of their own. */
const letters: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
const letterOf = new Map(Object.entries(letters).map(([letter, code]) => [code, letter.charCodeAt(0)]));

export class TextValueCodec implements CopyValueCodec {
  readonly #null: Buffer;
  readonly #delimiter: number;

  constructor(copy: CopyShape) {
    this.#null = Buffer.from(copy.nullText);
    this.#delimiter = copy.delimiter.charCodeAt(0);
  }

  isNull(bytes: Buffer, start: number, end: number): boolean {
    return equals(this.#null, bytes, start, end);
  }

  isPlain(bytes: Buffer, start: number, end: number): boolean {
    return !contains(bytes, start, end, backslash);
  }

  decode(bytes: Buffer, start: number, end: number): Buffer {
    const value = Buffer.allocUnsafe(end - start);
    let length = 0;
    for (let at = start; at < end;) {
      if (bytes[at] !== backslash || at + 1 === end) {
        value[length++] = bytes[at++]!;
        continue;
      }
      const escape = /^\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/s.exec(
        bytes.toString('latin1', at, Math.min(at + 4, end)),
      )!;
      const [text, hex, octal, letter] = escape;
      if (hex) value[length++] = parseInt(hex, 16);
      else if (octal) value[length++] = parseInt(octal, 8);
      else value[length++] = letters[letter!] ?? letter!.charCodeAt(0);
      at += text.length;
    }
    return value.subarray(0, length);
  }

  encode(value: Buffer | null): Buffer {
    if (value === null) return this.#null;
    if (!value.some((byte) => byte < 0x20 || byte === backslash || byte === this.#delimiter)) return value;
    const escaped: number[] = [];
    for (const byte of value) {
      const letter = letterOf.get(byte);
      if (letter !== undefined || byte === backslash || byte === this.#delimiter) escaped.push(backslash);
      escaped.push(letter ?? byte);
    }
    return Buffer.from(escaped);
  }
}

export class CsvValueCodec implements CopyValueCodec {
  readonly #null: Buffer;
  readonly #quote: number;
  readonly #escape: number;
  readonly #special: ReadonlySet<number>;
  readonly #forced: ReadonlySet<number>;

  constructor(copy: CopyShape) {
    this.#null = Buffer.from(copy.nullText);
    this.#quote = copy.quote.charCodeAt(0);
    this.#escape = copy.escape.charCodeAt(0);
    this.#special = new Set([copy.delimiter.charCodeAt(0), this.#quote, 10, 13]);
    this.#forced = new Set(copy.forceQuote);
  }

  /** A quoted null text is a value. */
  isNull(bytes: Buffer, start: number, end: number): boolean {
    return equals(this.#null, bytes, start, end);
  }

  isPlain(bytes: Buffer, start: number, end: number): boolean {
    return !contains(bytes, start, end, this.#quote);
  }

  decode(bytes: Buffer, start: number, end: number): Buffer {
    const value = Buffer.allocUnsafe(end - start);
    let length = 0;
    let quoted = false;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at]!;
      const next = at + 1 < end ? bytes[at + 1] : undefined;
      if (quoted && byte === this.#escape && (next === this.#quote || next === this.#escape)) {
        value[length++] = next!;
        at += 1;
      } else if (byte === this.#quote) quoted = !quoted;
      else value[length++] = byte;
    }
    return value.subarray(0, length);
  }

  encode(value: Buffer | null, column: number): Buffer {
    if (value === null) return this.#null;
    const mustQuote =
      this.#forced.has(column) || value.equals(this.#null) || value.some((byte) => this.#special.has(byte));
    if (!mustQuote) return value;
    const escaped = [this.#quote];
    for (const byte of value) {
      if (byte === this.#quote || byte === this.#escape) escaped.push(this.#escape);
      escaped.push(byte);
    }
    escaped.push(this.#quote);
    return Buffer.from(escaped);
  }
}

function equals(expected: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (expected.length !== end - start) return false;
  for (let at = 0; at < expected.length; at += 1) if (expected[at] !== bytes[start + at]) return false;
  return true;
}

function contains(bytes: Buffer, start: number, end: number, wanted: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === wanted) return true;
  return false;
}
