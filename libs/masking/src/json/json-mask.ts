import { ByteOutput } from '../bytes/byte-output.js';
import { HeldBytes } from '../bytes/held-bytes.js';
import { Utf8Check } from '../bytes/utf8-check.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import { MaskError } from '../mask-error.js';
import type { PathState } from '../paths/path-state.js';
import type { Masker } from '../stream-mask.js';
import { HiddenScalar } from './hidden-scalar.js';
import * as json from './json-bytes.js';
import { NumberScan } from './number-scan.js';
import { OpenContainers } from './open-containers.js';
import type { ScalarMasks } from '../scalar-masks.js';
import { readStringText } from './string-text.js';
import { StringScan } from './string-scan.js';
import { WatchedString } from './watched-string.js';

export interface JsonMaskOptions {
  readonly root: PathState;
  readonly scalars: ScalarMasks;
  readonly detectors: DetectorSet | undefined;
  readonly maxDepth: number;
  /** Longest value and longest member name that are held. Bytes. */
  readonly maxScalarBytes: number;
  /** Any number of documents, each on a line of its own. */
  readonly lines: boolean;
}

/** What the next byte belongs to. */
const beforeDocument = 0;
const beforeValue = 1;
const beforeFirstElement = 2;
const beforeFirstMember = 3;
const beforeMember = 4;
const beforeColon = 5;
const afterValue = 6;
const afterDocument = 7;
const inName = 8;
const inString = 9;
const inNumber = 10;
const inLiteral = 11;

/** What becomes of the scalar that is being read. */
const copied = 0;
const hidden = 1;
const watched = 2;

const literals = [Buffer.from('true'), Buffer.from('false'), Buffer.from('null')];
/** No number that a detector knows is longer. Bytes. */
const maxWatchedNumber = 32;

/**
 * Masks JSON (RFC 8259) as it passes: every byte is checked against the grammar, what no rule touches is copied in runs as
 * long as possible, and memory holds the open containers, one member name and one masked value.
 */
export class JsonMask implements Masker {
  readonly #out = new ByteOutput();
  readonly #utf8 = new Utf8Check();
  readonly #strings = new StringScan();
  readonly #numbers = new NumberScan();
  readonly #hidden: HiddenScalar;
  readonly #watched: WatchedString | undefined;
  readonly #name: HeldBytes;
  readonly #number = new HeldBytes(maxWatchedNumber);
  #phase = beforeDocument;
  #seen = false;
  /** From here on the chunk is not yet given out; -1 while what is read is not to be copied. */
  #uncopied = 0;
  readonly #containers: OpenContainers;
  /** Of the value that comes next or is being read. */
  #state: PathState;
  #treatment = copied;
  #literal: Buffer = literals[0]!;
  #literalRead = 0;

  constructor(private readonly options: JsonMaskOptions) {
    const { scalars, detectors, maxScalarBytes, maxDepth } = options;
    this.#containers = new OpenContainers(maxDepth);
    this.#state = options.root;
    this.#hidden = new HiddenScalar(scalars, detectors, maxScalarBytes);
    this.#watched = detectors && new WatchedString(detectors);
    this.#name = new HeldBytes(maxScalarBytes);
  }

  push(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk;
    this.#seen = true;
    this.#utf8.push(chunk);
    if (this.#uncopied > 0) this.#uncopied = 0;
    for (let at = 0; at < chunk.length;) {
      if (this.#phase < inName) at = this.#structure(chunk, at);
      else if (this.#phase === inString) at = this.#string(chunk, at);
      else if (this.#phase === inName) at = this.#memberName(chunk, at);
      else if (this.#phase === inNumber) at = this.#readNumber(chunk, at);
      else at = this.#readLiteral(chunk, at);
    }
    if (this.#uncopied === 0 && this.#out.length === 0) return chunk;
    if (this.#uncopied >= 0) this.#out.bytes(chunk, this.#uncopied, chunk.length);
    return this.#out.take();
  }

  end(): Buffer {
    this.#utf8.end();
    if (this.#phase === inNumber) this.#endNumber(Buffer.alloc(0), 0, 0);
    const between = this.#phase === beforeDocument && (this.options.lines || !this.#seen);
    if (this.#phase !== afterDocument && !between) throw malformed('ends too early');
    return this.#out.take();
  }

  /** One token outside of scalars, or a run of white space. */
  #structure(chunk: Buffer, at: number): number {
    const byte = chunk[at]!;
    if (byte <= 0x20) return this.#space(chunk, at);
    switch (this.#phase) {
      case beforeFirstElement:
        if (byte === json.closeBracket) return this.#close(at);
        return this.#value(chunk, at, byte);
      case beforeDocument:
      case beforeValue:
        return this.#value(chunk, at, byte);
      case beforeFirstMember:
        if (byte === json.closeBrace) return this.#close(at);
        return this.#openName(chunk, at, byte);
      case beforeMember:
        return this.#openName(chunk, at, byte);
      case beforeColon:
        if (byte !== json.colon) throw malformed('a colon is missing');
        this.#phase = beforeValue;
        return at + 1;
      case afterValue:
        return this.#afterValue(at, byte);
      default:
        throw malformed('something follows the document');
    }
  }

  #space(chunk: Buffer, at: number): number {
    let next = at;
    while (next < chunk.length && json.isSpace(chunk[next]!)) {
      if (this.options.lines && chunk[next] === json.lineFeed) this.#endLine();
      next += 1;
    }
    if (next === at) throw malformed('a control character');
    return next;
  }

  #endLine(): void {
    if (this.#phase !== beforeDocument && this.#phase !== afterDocument) throw malformed('a line ends too early');
    this.#phase = beforeDocument;
    this.#state = this.options.root;
  }

  #afterValue(at: number, byte: number): number {
    const containers = this.#containers;
    if (byte !== json.comma) {
      if (byte === (containers.inObject ? json.closeBrace : json.closeBracket)) return this.#close(at);
      throw malformed('a comma is missing');
    }
    if (containers.inObject) this.#phase = beforeMember;
    else {
      this.#state = containers.nextElement();
      this.#phase = beforeValue;
    }
    return at + 1;
  }

  #close(at: number): number {
    this.#containers.close();
    this.#endValue();
    return at + 1;
  }

  #endValue(): void {
    this.#phase = this.#containers.none ? afterDocument : afterValue;
  }

  #value(chunk: Buffer, at: number, byte: number): number {
    if (byte === json.quote) {
      this.#beginScalar(chunk, at, inString);
      this.#strings.begin();
      return this.#string(chunk, at + 1);
    }
    if (byte === json.openBrace) return this.#open(at, true);
    if (byte === json.openBracket) return this.#open(at, false);
    if (byte === json.minus || (byte >= json.zero && byte <= json.nine)) {
      this.#numbers.begin();
      this.#beginScalar(chunk, at, inNumber);
      return this.#readNumber(chunk, at);
    }
    const literal = literals.find((known) => known[0] === byte);
    if (literal === undefined) throw malformed('a value is not one');
    this.#beginScalar(chunk, at, inLiteral, literal);
    return this.#readLiteral(chunk, at);
  }

  #open(at: number, object: boolean): number {
    this.#containers.open(this.#state, object);
    if (!object) this.#state = this.#containers.nextElement();
    this.#phase = object ? beforeFirstMember : beforeFirstElement;
    return at + 1;
  }

  #beginScalar(chunk: Buffer, at: number, phase: number, literal?: Buffer): void {
    this.#phase = phase;
    const { mask } = this.#state;
    this.#treatment = copied;
    if (literal) {
      this.#literal = literal;
      this.#literalRead = 0;
    }
    // There is nothing to hide in a null, whatever the method.
    if (mask !== undefined && literal !== literals[2]) {
      this.#treatment = hidden;
      this.#hidden.begin(mask);
      this.#copyUntil(chunk, at);
    } else if (this.#watched && literal === undefined) {
      this.#treatment = phase === inString || this.options.detectors!.knowsNumbers ? watched : copied;
    }
  }

  #copyUntil(chunk: Buffer, at: number): void {
    if (this.#uncopied < 0) return;
    if (this.#out.length === 0) this.#out.expect(chunk.length + 64);
    this.#out.bytes(chunk, this.#uncopied, at);
    this.#uncopied = -1;
  }

  #string(chunk: Buffer, at: number): number {
    const end = this.#strings.scan(chunk, at);
    const complete = end < chunk.length;
    if (this.#treatment === hidden) {
      if (complete) this.#hidden.string(chunk, at, end, this.#strings.plain, this.#out);
      else this.#hidden.part(chunk, at, end);
      if (complete) this.#uncopied = end + 1;
    } else if (this.#treatment === watched) this.#watch(chunk, at, end, complete);
    if (!complete) return end;
    this.#endValue();
    return end + 1;
  }

  #watch(chunk: Buffer, at: number, end: number, complete: boolean): void {
    const string = this.#watched!;
    if (complete && this.#uncopied >= 0) {
      if (!string.whole(chunk, at, end, this.#strings.plain)) return;
    } else {
      string.part(chunk, at, end, this.#strings.plain);
      if (complete) string.finish(this.#strings.plain);
    }
    this.#copyUntil(chunk, at);
    string.give(this.#out);
    if (!complete) return;
    this.#uncopied = end;
  }

  #openName(chunk: Buffer, at: number, byte: number): number {
    if (byte !== json.quote) throw malformed('a member name is missing');
    this.#phase = inName;
    this.#strings.begin();
    this.#name.clear();
    return this.#memberName(chunk, at + 1);
  }

  #memberName(chunk: Buffer, at: number): number {
    const end = this.#strings.scan(chunk, at);
    const complete = end < chunk.length;
    let name: Buffer = chunk;
    let start = at;
    let stop = end;
    if (!complete || this.#name.length > 0) {
      this.#name.add(chunk, at, end);
      if (!complete && !this.#name.overflown) return end;
      name = this.#name.bytes;
      start = 0;
      stop = name.length;
    }
    if (this.#name.overflown || stop - start > this.options.maxScalarBytes) {
      throw new MaskError('too-long', 'JSON: a member name is too long');
    }
    const container = this.#containers.state;
    this.#state = this.#strings.plain
      ? container.member(name, start, stop)
      : container.named(decodedName(name, start, stop));
    this.#phase = beforeColon;
    return end + 1;
  }

  #readNumber(chunk: Buffer, from: number): number {
    const at = this.#numbers.scan(chunk, from);
    if (at < chunk.length) this.#endNumber(chunk, from, at);
    else if (this.#treatment === hidden) this.#hidden.part(chunk, from, at);
    else if (this.#treatment === watched) this.#holdNumber(chunk, from, at);
    return at;
  }

  /** A number that is longer than any detector knows is let go. */
  #holdNumber(chunk: Buffer, from: number, at: number): void {
    this.#copyUntil(chunk, from);
    this.#number.add(chunk, from, at);
    if (!this.#number.overflown) return;
    this.#out.all(this.#number.bytes);
    this.#number.clear();
    this.#treatment = copied;
    this.#uncopied = from;
  }

  #endNumber(chunk: Buffer, from: number, at: number): void {
    if (!this.#numbers.complete) throw malformed('a value is not one');
    if (this.#treatment === hidden) {
      this.#hidden.number(chunk, from, at, this.#out);
      this.#uncopied = at;
    } else if (this.#treatment === watched) this.#watchNumber(chunk, from, at);
    this.#endValue();
  }

  #watchNumber(chunk: Buffer, from: number, at: number): void {
    if (this.#number.length > 0) this.#holdNumber(chunk, from, at);
    if (this.#treatment !== watched) return;
    const held = this.#number.length > 0;
    const number = held ? this.#number.bytes : chunk.subarray(from, at);
    const method = this.options.detectors!.knownNumber(number);
    if (method !== undefined) {
      this.#copyUntil(chunk, from);
      this.#out.all(Buffer.from(this.options.scalars.number(method, number.toString('latin1'))));
    } else if (held) this.#out.all(number);
    if (held || method !== undefined) this.#uncopied = at;
    this.#number.clear();
  }

  #readLiteral(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length && this.#literalRead < this.#literal.length; at += 1) {
      if (chunk[at] !== this.#literal[this.#literalRead]) throw malformed('a value is not one');
      this.#literalRead += 1;
    }
    if (this.#literalRead < this.#literal.length) return at;
    if (this.#treatment === hidden) {
      this.#hidden.boolean(this.#out);
      this.#uncopied = at;
    }
    this.#endValue();
    return at;
  }
}

function decodedName(name: Uint8Array, start: number, end: number): string {
  const { text, loneSurrogate } = readStringText(name, start, end, true);
  if (loneSurrogate) throw new MaskError('encoding', 'JSON: a member name is no text');
  return text.toString();
}

function malformed(what: string): MaskError {
  return new MaskError('malformed', `JSON: ${what}`);
}
