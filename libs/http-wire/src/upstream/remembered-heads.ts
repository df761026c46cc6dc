import { parseResponseHead, type ParsedResponse } from './response-head.js';

const maxKept = 256;
/** A longer head is rarely sent twice. UTF-16 code units. */
const maxLength = 1024;

interface Remembered {
  readonly response: ParsedResponse;
  readonly maxFields: number;
}

/** By their text. The oldest is forgotten first. */
const heads = new Map<string, Remembered>();

/**
 * As `parseResponseHead`. A target repeats itself within a second, in which not even its date changes: a head that is the
 * same to the byte is the same object, so that what follows from it can be remembered by it.
 */
export function readResponseHead(text: string, method: string, maxFields: number): ParsedResponse {
  // Of all methods only HEAD changes what a head means.
  if (text.length > maxLength || method === 'HEAD') return parseResponseHead(text, method, maxFields);
  const known = heads.get(text);
  if (known?.maxFields === maxFields) return known.response;
  const response = parseResponseHead(text, method, maxFields);
  if (heads.size >= maxKept) heads.delete(heads.keys().next().value!);
  heads.set(text, { response, maxFields });
  return response;
}
