import { jsonString } from './json-string.js';
import { writeUtf8 } from './utf8.js';

const head = '{"seq":';
const middle = ',"completion":';

/** At most so many bytes for an outcome whose completion is at most so long; longer ones are told by `outcomeJson`. */
export const outcomeMost = 128;
const maxCompletion = 64;

export function outcomeJson(seq: number, completion: string): string {
  return `${head}${seq}${middle}${jsonString(completion)}}`;
}

/**
 * Writes what `outcomeJson` returns at `start`; @returns where it ends, or -1 where that takes the long way. Most outcomes are
 * a few letters: no string is made for them.
 */
export function writeOutcome(target: Buffer, start: number, seq: number, completion: string): number {
  if (seq > 0x7fff_ffff || completion.length > maxCompletion) return -1;
  let at = writeUtf8(target, start, head);
  at = writeDecimal(target, at, seq);
  at = writeUtf8(target, at, middle);
  target[at++] = 0x22;
  for (let from = 0; from < completion.length; from += 1) {
    const code = completion.charCodeAt(from);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return -1;
    target[at++] = code;
  }
  target[at++] = 0x22;
  target[at++] = 0x7d;
  return at;
}

function writeDecimal(target: Buffer, start: number, value: number): number {
  let end = start + 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end += 1;
  let left = value;
  for (let at = end - 1; at >= start; at -= 1) {
    const next = (left / 10) | 0;
    target[at] = 0x30 + left - next * 10;
    left = next;
  }
  return end;
}
