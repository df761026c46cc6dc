import type { ByteClass } from './byte-classes.js';

/** The part of a text that may be read: all of it, or enough of it around the place that is looked at. */
export interface Stretch {
  bytes: Uint8Array;
  low: number;
  high: number;
}

/** Behind the last of the bytes from `at` on, `most` at most, that are in the class. */
export function endOfRun(text: Stretch, at: number, of: ByteClass, most = Infinity): number {
  const { bytes } = text;
  const limit = Math.min(text.high, at + most);
  let end = at;
  while (end < limit && of[bytes[end]!] === 1) end += 1;
  return end;
}

/** The first of the bytes before `at`, `most` at most, that are in the class. */
export function startOfRun(text: Stretch, at: number, of: ByteClass, most: number): number {
  const limit = Math.max(text.low, at - most);
  let start = at;
  while (start > limit && of[text.bytes[start - 1]!] === 1) start -= 1;
  return start;
}

/** Whether the byte at `at` may be read and is in the class. */
export function isAt(text: Stretch, at: number, of: ByteClass): boolean {
  return at >= text.low && at < text.high && of[text.bytes[at]!] === 1;
}

/** Whether these ASCII characters stand at `at`. */
export function reads(text: Stretch, at: number, characters: string): boolean {
  if (at < text.low || at + characters.length > text.high) return false;
  for (let index = 0; index < characters.length; index += 1) {
    if (text.bytes[at + index] !== characters.charCodeAt(index)) return false;
  }
  return true;
}
