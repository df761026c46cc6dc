import { ByteOutput } from '../bytes/byte-output.js';
import { HeldBytes } from '../bytes/held-bytes.js';
import { Utf8Check } from '../bytes/utf8-check.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import { MaskError } from '../mask-error.js';
import type { Masker, StreamMask } from '../stream-mask.js';

export interface SseMaskOptions {
  readonly json: () => StreamMask;
  readonly detectors: DetectorSet | undefined;
  /** Longest event. Bytes. */
  readonly maxScalarBytes: number;
}
interface Line {
  readonly raw: Buffer;
  /** What a data line carries. */
  readonly data: Buffer | undefined;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Lines of these names, and comments, are kept; readers ignore all others, so others are not given out. */
const keptLine = /^(?:(?:event|id|retry)(?::|$)|:)/;
const dataLine = /^data(?:: ?|$)/;
/** What can only be meant for JSON: it is masked as such or not given out. */
const documentStart = /^\s*(?:\{|\[\s*(?:[\]{["0-9-]|(?:true|false|null)\b))/;

/**
 * `text/event-stream` (WHATWG HTML section 9.2). An event is held until it is complete, its data lines are one document, and
 * what is masked in it is written as data lines again.
 */
export class SseMask implements Masker {
  readonly #utf8 = new Utf8Check();
  readonly #out = new ByteOutput();
  readonly #line: HeldBytes;
  #event: Line[] = [];
  #eventBytes = 0;
  #first = true;
  /** The last byte was a carriage return: a line feed now belongs to it. */
  #returned = false;

  constructor(private readonly options: SseMaskOptions) {
    this.#line = new HeldBytes(options.maxScalarBytes);
  }

  push(chunk: Buffer): Buffer {
    this.#utf8.push(chunk);
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      const second = this.#returned && byte === lineFeed;
      this.#returned = byte === carriageReturn;
      if (second) start = at + 1;
      else if (byte === lineFeed || byte === carriageReturn) {
        this.#hold(chunk, start, at);
        this.#endLine();
        start = at + 1;
      }
    }
    this.#hold(chunk, start, chunk.length);
    return this.#out.take();
  }

  end(): Buffer {
    this.#utf8.end();
    if (this.#line.length > 0) this.#endLine();
    this.#giveEvent();
    return this.#out.take();
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    this.#line.add(chunk, start, end);
    if (this.#line.overflown) throw tooLong();
  }

  #endLine(): void {
    let raw: Buffer = Buffer.from(this.#line.bytes);
    this.#line.clear();
    if (this.#first && raw.indexOf(byteOrderMark) === 0) raw = raw.subarray(byteOrderMark.length);
    this.#first = false;
    if (raw.length === 0) {
      this.#giveEvent();
      this.#out.byte(lineFeed);
      return;
    }
    this.#eventBytes += raw.length + 1;
    if (this.#eventBytes > this.options.maxScalarBytes) throw tooLong();
    const text = raw.toString('latin1');
    const data = dataLine.exec(text);
    if (data) this.#event.push({ raw, data: raw.subarray(data[0].length) });
    else if (keptLine.test(text)) this.#event.push({ raw, data: undefined });
  }

  /** The lines of an event, its data lines together where the first of them stands. */
  #giveEvent(): void {
    const lines = this.#event;
    const data = lines.flatMap((line) => line.data ?? []);
    const masked =
      data.length > 0
        ? this.#maskedData(Buffer.concat(data.flatMap((part) => [part, newLine]).slice(0, -1)))
        : undefined;
    let given = false;
    for (const line of lines) {
      if (line.data === undefined || masked === undefined) this.#giveLine(line);
      else if (!given) {
        given = true;
        for (const part of masked.toString().split('\n')) this.#out.all(Buffer.from(`data: ${part}\n`));
      }
    }
    this.#event = [];
    this.#eventBytes = 0;
  }

  #giveLine({ raw, data }: Line): void {
    if (data !== undefined || !this.options.detectors?.mask(raw, 0, raw.length, this.#out)) this.#out.all(raw);
    this.#out.byte(lineFeed);
  }

  /** Undefined where it stays as it is. */
  #maskedData(data: Buffer): Buffer | undefined {
    const masked = this.#asJson(data) ?? this.#asText(data);
    return masked === undefined || masked.equals(data) ? undefined : masked;
  }

  #asJson(data: Buffer): Buffer | undefined {
    try {
      const json = this.options.json();
      return Buffer.concat([json.push(data), json.end()]);
    } catch (error) {
      // Limits are limits; only what is no JSON, and does not look as if it was meant for it, is text.
      if (!(error instanceof MaskError) || error.code !== 'malformed') throw error;
      if (documentStart.test(data.toString('latin1'))) throw error;
      return undefined;
    }
  }

  #asText(data: Buffer): Buffer | undefined {
    const out = new ByteOutput();
    return this.options.detectors?.mask(data, 0, data.length, out) ? out.take() : undefined;
  }
}

const newLine = Buffer.from('\n');

function tooLong(): MaskError {
  return new MaskError('too-long', 'event stream: an event is too long');
}
