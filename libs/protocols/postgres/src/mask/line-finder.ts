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
  /** How far the row was read, relative to its start. */
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

  /** @param next where the field after it starts, relative to the row's start */
  protected endField(next: number): void {
    if (this.#fields === this.columns) throw malformed('a COPY row with too many columns');
    this.#fields += 1;
    this.starts[this.#fields] = next;
  }

  protected endRow(next: number): void {
    // A table without columns has empty lines for rows.
    if (this.columns === 0 && next === 1) return;
    this.endField(next);
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
    const delimiter = this.#delimiter;
    let at = rowStart + this.at;
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (byte === backslash) {
        if (at + 1 === end) break;
        at += 1;
      } else if (byte === delimiter) this.endField(at + 1 - rowStart);
      else if (byte === lineFeed) {
        this.endRow(at + 1 - rowStart);
        return at + 1;
      }
    }
    this.at = at - rowStart;
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
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const escape = this.#escape;
    let quoted = this.#quoted;
    let at = rowStart + this.at;
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (quoted) {
        if (byte === escape && escape !== quote) {
          if (at + 1 === end) break;
          if (bytes[at + 1] === quote || bytes[at + 1] === escape) at += 1;
        } else if (byte === quote) quoted = false;
      } else if (byte === quote) quoted = true;
      else if (byte === delimiter) this.endField(at + 1 - rowStart);
      else if (byte === lineFeed) {
        this.endRow(at + 1 - rowStart);
        return at + 1;
      }
    }
    this.at = at - rowStart;
    this.#quoted = quoted;
    return -1;
  }
}

/** COPY takes single-byte delimiters, quotes and escapes only. */
function byteOf(text: string): number {
  const bytes = Buffer.from(text);
  if (bytes.length !== 1) throw malformed('a COPY with a delimiter, quote or escape of several bytes');
  return bytes[0]!;
}
