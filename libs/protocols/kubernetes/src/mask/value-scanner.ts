import { MaskError } from '@sallyport/masking';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const maxDepth = 1_000;

/** Finds where a JSON object or array ends, in bytes that come in pieces. Reads nothing else out of them. */
export class ValueScanner {
  depth = 0;
  #inString = false;
  #escaped = false;

  /** Where the value ends, exclusive; -1 when it goes on after these bytes. Starts at the value's first byte. */
  scan(bytes: Buffer, from: number): number {
    let at = from;
    const end = bytes.length;
    let { depth } = this;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        if (depth > maxDepth) throw new MaskError('too-deep', 'the answer is nested too deeply');
      } else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        if (depth <= 0) break;
      }
    }
    this.#inString = inString;
    this.#escaped = escaped;
    this.depth = depth;
    return at < end ? at + 1 : -1;
  }
}

export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
