import type { CopyShape } from '@sallyport/sql';
import { malformed } from './malformed.js';

const backslash = 0x5c;
const lineFeed = 0x0a;

/**
 * Finds the rows of the text and CSV formats and the fields within them. A row ends with a line feed: the server sends no
 * other line end over a connection.
 */
export abstract class LineFinder {
  /** Start of each field relative to the row's; a field ends one byte before the next one starts. */
  readonly starts: Int32Array;
  protected at = 0;
  #fields = 0;

  constructor(protected readonly columns: number) {
    this.starts = new Int32Array(columns + 1);
  }

  /** Goes on where it stopped. Answers the offset behind the row, -1 while the row is incomplete. */
  abstract find(bytes: Buffer, rowStart: number, end: number): number;

  next(): void {
    this.at = 0;
    this.#fields = 0;
  }

  protected endField(): void {
    if (this.#fields === this.columns) throw malformed('a COPY row with too many columns');
    this.#fields += 1;
    this.starts[this.#fields] = this.at;
  }

  protected endRow(): void {
    // A table without columns has empty lines for rows.
    if (this.columns === 0 && this.at === 1) return;
    this.endField();
    if (this.#fields !== this.columns) throw malformed('a COPY row with too few columns');
  }
}

/** Text format: a backslash takes the next byte with it; line feeds and delimiters within values are always escaped. */
export class TextLineFinder extends LineFinder {
  readonly #delimiter: number;

  constructor(copy: CopyShape) {
    super(copy.columns);
    this.#delimiter = byteOf(copy.delimiter);
  }

  find(bytes: Buffer, rowStart: number, end: number): number {
    const length = end - rowStart;
    while (this.at < length) {
      const byte = bytes[rowStart + this.at]!;
      if (byte === backslash) {
        if (this.at + 1 === length) return -1;
        this.at += 2;
        continue;
      }
      this.at += 1;
      if (byte === this.#delimiter) this.endField();
      else if (byte === lineFeed) {
        this.endRow();
        return rowStart + this.at;
      }
    }
    return -1;
  }
}

/** CSV format: between quotes, delimiters and line feeds are data. A doubled quote leaves and enters again, to the same effect. */
export class CsvLineFinder extends LineFinder {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  #quoted = false;

  constructor(copy: CopyShape) {
    super(copy.columns);
    this.#delimiter = byteOf(copy.delimiter);
    this.#quote = byteOf(copy.quote);
    this.#escape = byteOf(copy.escape);
  }

  override next(): void {
    super.next();
    this.#quoted = false;
  }

  find(bytes: Buffer, rowStart: number, end: number): number {
    const length = end - rowStart;
    while (this.at < length) {
      const byte = bytes[rowStart + this.at]!;
      if (this.#quoted && byte === this.#escape && byte !== this.#quote) {
        if (this.at + 1 === length) return -1;
        const escaped = bytes[rowStart + this.at + 1]!;
        this.at += escaped === this.#quote || escaped === this.#escape ? 2 : 1;
        continue;
      }
      this.at += 1;
      if (byte === this.#quote) this.#quoted = !this.#quoted;
      else if (!this.#quoted && byte === this.#delimiter) this.endField();
      else if (!this.#quoted && byte === lineFeed) {
        this.endRow();
        return rowStart + this.at;
      }
    }
    return -1;
  }
}

/** COPY takes single-byte delimiters, quotes and escapes only. */
function byteOf(text: string): number {
  const bytes = Buffer.from(text);
  if (bytes.length !== 1) throw malformed('a COPY with a delimiter, quote or escape of several bytes');
  return bytes[0]!;
}
