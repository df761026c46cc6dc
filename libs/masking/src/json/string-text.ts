import type { ByteOutput } from '../bytes/byte-output.js';
import { backslash, escapedByte, hexValue, letterU, quote, stopsString } from './json-bytes.js';

/** What the content of a JSON string says. */
export interface StringText {
  /** UTF-8; a surrogate without its partner reads U+FFFD. */
  readonly text: Buffer;
  /** How far the content was read: short of its end where an escape is cut off. */
  readonly read: number;
  readonly loneSurrogate: boolean;
}

const replacement = 0xfffd;
const unicodeEscapeBytes = 6;

/**
 * Reads the content of a string, between its quotes, whose escapes are known to be well formed (RFC 8259 section 7).
 * @param complete false where more of the string follows `end`
 */
export function readStringText(content: Uint8Array, start: number, end: number, complete: boolean): StringText {
  const text = Buffer.allocUnsafe(end - start);
  let length = 0;
  let loneSurrogate = false;
  let at = start;
  while (at < end) {
    const byte = content[at]!;
    if (byte !== backslash) {
      text[length++] = byte;
      at += 1;
      continue;
    }
    if (at + 1 >= end) break;
    if (content[at + 1] !== letterU) {
      text[length++] = escapedByte[content[at + 1]!]!;
      at += 2;
      continue;
    }
    const size = unicodeEscapeSize(content, at, end, complete);
    if (size === 0) break;
    const character = size > unicodeEscapeBytes ? pairOf(content, at) : unitAt(content, at);
    const alone = character >= 0xd800 && character <= 0xdfff;
    loneSurrogate ||= alone;
    length = writeUtf8(text, length, alone ? replacement : character);
    at += size;
  }
  return { text: text.subarray(0, length), read: at, loneSurrogate };
}

/** Bytes of the escape or pair of escapes at `at`; 0 where the next chunk decides. */
function unicodeEscapeSize(content: Uint8Array, at: number, end: number, complete: boolean): number {
  if (at + unicodeEscapeBytes > end) return 0;
  if (!isBetween(unitAt(content, at), 0xd800, 0xdbff)) return unicodeEscapeBytes;
  const next = at + unicodeEscapeBytes;
  if (next + unicodeEscapeBytes <= end) {
    const paired = content[next] === backslash && content[next + 1] === letterU;
    return paired && isBetween(unitAt(content, next), 0xdc00, 0xdfff) ? 2 * unicodeEscapeBytes : unicodeEscapeBytes;
  }
  return complete ? unicodeEscapeBytes : 0;
}

function unitAt(content: Uint8Array, at: number): number {
  return (
    (hexValue[content[at + 2]!]! << 12) |
    (hexValue[content[at + 3]!]! << 8) |
    (hexValue[content[at + 4]!]! << 4) |
    hexValue[content[at + 5]!]!
  );
}

function pairOf(content: Uint8Array, at: number): number {
  return 0x1_0000 + ((unitAt(content, at) & 0x3ff) << 10) + (unitAt(content, at + unicodeEscapeBytes) & 0x3ff);
}

function isBetween(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function writeUtf8(text: Buffer, at: number, character: number): number {
  if (character < 0x80) {
    text[at] = character;
    return at + 1;
  }
  const following = character < 0x800 ? 1 : character < 0x1_0000 ? 2 : 3;
  text[at] = ((0xff00 >> (following + 1)) & 0xff) | (character >> (6 * following));
  for (let index = 1; index <= following; index += 1) {
    text[at + index] = 0x80 | ((character >> (6 * (following - index))) & 0x3f);
  }
  return at + following + 1;
}

const hexDigits = Buffer.from('0123456789abcdef');
const unicodePrefix = Buffer.from('\\u00');

/** Writes UTF-8 text as the content of a JSON string. */
export function writeStringText(text: Uint8Array, start: number, end: number, out: ByteOutput): void {
  let copied = start;
  for (let at = start; at < end; at += 1) {
    const byte = text[at]!;
    if (stopsString[byte] === 0) continue;
    out.bytes(text, copied, at);
    copied = at + 1;
    if (byte === quote || byte === backslash) {
      out.byte(backslash);
      out.byte(byte);
    } else {
      out.all(unicodePrefix);
      out.byte(hexDigits[byte >> 4]!);
      out.byte(hexDigits[byte & 15]!);
    }
  }
  out.bytes(text, copied, end);
}
