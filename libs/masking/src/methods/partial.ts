import { redact } from './redact.js';

const shown = 4;
/** Shorter values would give away too large a part of themselves. Characters. */
const longEnough = 10;
/** The hidden part has one width whatever the value's length. */
const hidden = Buffer.from('****');

/** Keeps the last four characters of a UTF-8 text of ten or more; redacts a shorter one. */
export function partial(value: Uint8Array, start: number, end: number): Buffer {
  let characters = 0;
  let tail = end;
  for (let at = end - 1; at >= start && characters < longEnough; at -= 1) {
    if ((value[at]! & 0xc0) === 0x80) continue; // inside a character
    characters += 1;
    if (characters === shown) tail = at;
  }
  if (characters < longEnough) return redact();
  const masked = Buffer.allocUnsafe(hidden.length + end - tail);
  masked.set(hidden);
  masked.set(value.subarray(tail, end), hidden.length);
  return masked;
}
