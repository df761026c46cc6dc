import { WireFault } from '../message.js';
import type { BodyDecoder } from './body-decoder.js';
import { parseFieldLines } from './field-lines.js';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const mostSizeDigits = 8;
const mostTrailerBytes = 8 * 1024;
const mostTrailerFields = 100;

type State = 'size' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer';

/**
 * The chunked transfer coding (RFC 9112 section 7.1), strictly: extensions, bare line ends and sizes of more than eight
 * digits are faults. Trailers are checked and dropped: nothing that was judged may be changed after the judgement.
 */
export class ChunkedDecoder implements BodyDecoder {
  done = false;
  chunk: Buffer | undefined;
  readonly remaining = undefined;
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #trailer = '';
  #trailerLine = 0;
  #from = 0;
  #to = 0;

  step(bytes: Buffer, start: number, end: number): number {
    this.#from = this.#to = start;
    let at = start;
    while (at < end && !this.done) at = this.#state === 'data' ? this.#data(bytes, at, end) : this.#framing(bytes, at);
    this.chunk = this.#to > this.#from ? bytes.subarray(this.#from, this.#to) : undefined;
    return at - start;
  }

  /** Pieces of several chunks are moved together, so that a body of tiny chunks is not handed on in tiny buffers. */
  #data(bytes: Buffer, at: number, end: number): number {
    const until = Math.min(end, at + this.#size);
    if (this.#to === this.#from) this.#from = this.#to = at;
    else if (this.#to !== at) bytes.copyWithin(this.#to, at, until);
    this.#to += until - at;
    this.#size -= until - at;
    if (this.#size === 0) this.#state = 'data-cr';
    return until;
  }

  #framing(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number;
    switch (this.#state) {
      case 'size':
        this.#sizeByte(byte);
        break;
      case 'size-lf':
        if (byte !== lineFeed) throw bad();
        this.#state = this.#size > 0 ? 'data' : 'trailer';
        break;
      case 'data-cr':
        if (byte !== carriageReturn) throw bad();
        this.#state = 'data-lf';
        break;
      case 'data-lf':
        if (byte !== lineFeed) throw bad();
        this.#state = 'size';
        this.#digits = 0;
        break;
      default:
        this.#trailerByte(byte);
    }
    return at + 1;
  }

  #sizeByte(byte: number): void {
    if (byte === carriageReturn && this.#digits > 0) {
      this.#state = 'size-lf';
      return;
    }
    const digit = hexDigit(byte);
    if (digit < 0 || this.#digits === mostSizeDigits) throw bad();
    this.#size = this.#digits === 0 ? digit : this.#size * 16 + digit;
    this.#digits++;
  }

  #trailerByte(byte: number): void {
    if (this.#trailer.length >= mostTrailerBytes) {
      throw new WireFault('trailer-too-large', 'The trailers are too large', 431);
    }
    this.#trailer += String.fromCharCode(byte);
    if (byte !== lineFeed) return;
    const line = this.#trailer.slice(this.#trailerLine);
    this.#trailerLine = this.#trailer.length;
    if (line !== '\r\n') {
      if (!line.endsWith('\r\n')) throw bad();
      return;
    }
    parseFieldLines(this.#trailer.slice(0, -2), 0, mostTrailerFields);
    this.#trailer = '';
    this.done = true;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function bad(): WireFault {
  return new WireFault('bad-chunk', 'The chunked body is malformed');
}
