import { isUtf8 } from 'node:buffer';
import type { Claims } from '../issuer-config.js';

/** No issuer nests deeper. */
const maxDepth = 16;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * One JSON object, frozen, or undefined. Stricter than JSON.parse where readers differ about what a text says: UTF-8
 * only, no member twice (RFC 8259 §4 leaves open which counts, RFC 7519 §4 lets us refuse), no lone surrogates, which
 * would all become one and the same replacement character in a database.
 */
export function parseStrictObject(bytes: Buffer): Claims | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  // JSON.parse keeps the last of two members with one name, so that fewer are left than the text has.
  return countKept(value, 0) === countWritten(text) ? value : undefined;
}

export function isRecord(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members of all objects inside; NaN, which equals no count, where something is not allowed. Freezes on the way. */
function countKept(value: unknown, depth: number): number {
  if (typeof value === 'string') return loneSurrogate.test(value) ? NaN : 0;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === maxDepth) return NaN;
  Object.freeze(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKept(item, depth + 1), 0);
  let count = 0;
  for (const [name, member] of Object.entries(value)) {
    if (loneSurrogate.test(name)) return NaN;
    count += 1 + countKept(member, depth + 1);
  }
  return count;
}

/** In valid JSON every colon outside a string belongs to one member. */
function countWritten(text: string): number {
  let count = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === backslash) at += 1;
    else if (char === quote) quoted = !quoted;
    else if (char === colon && !quoted) count += 1;
  }
  return count;
}

const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;
