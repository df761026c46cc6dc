import { MaskError } from '../mask-error.js';
import { backslash, escapedByte, hexValue, letterU, quote, stopsString } from './json-bytes.js';

/** Finds the ends of strings, whatever chunk they are in, and checks what is in them (RFC 8259 section 7). */
export class StringScan {
  /** There were no escapes in the string so far. */
  plain = true;
  /** 1 behind a backslash; 2 to 5 while that many hexadecimal digits less one are due. */
  #escape = 0;

  begin(): void {
    this.plain = true;
  }

  /** Where the closing quote is, or the chunk's end. */
  scan(chunk: Buffer, from: number): number {
    let at = this.#escape === 0 ? from : this.#scanEscape(chunk, from);
    const end = chunk.length;
    while (at < end) {
      const byte = chunk[at]!;
      if (stopsString[byte] === 0) at += 1;
      else if (byte === quote) return at;
      else if (byte !== backslash) throw new MaskError('malformed', 'JSON: a control character in a string');
      else {
        this.plain = false;
        this.#escape = 1;
        at = this.#scanEscape(chunk, at + 1);
      }
    }
    return end;
  }

  #scanEscape(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length && this.#escape !== 0; at += 1) {
      const byte = chunk[at]!;
      if (this.#escape > 1) {
        if (hexValue[byte]! > 15) throw notEscape();
        this.#escape = this.#escape === 2 ? 0 : this.#escape - 1;
      } else if (byte === letterU) this.#escape = 5;
      else if (escapedByte[byte] === 0) throw notEscape();
      else this.#escape = 0;
    }
    return at;
  }
}

function notEscape(): MaskError {
  return new MaskError('malformed', 'JSON: an escape is not one');
}
