import type { ObjectMaskOptions } from './object-mask.js';

/** The escapes that Go writes for the sake of HTML and JavaScript; any other may spell a word that is looked for. */
const plainEscapes: ReadonlySet<string> = new Set(['003c', '003e', '0026', '2028', '2029']);
const escape = Buffer.from('\\u');

/**
 * Tells from an object's bytes that no mask can apply, without reading it: nearly all objects of large lists. Undefined
 * where every object may be masked. Never wrong when it says yes.
 */
export function harmlessBytes(
  { parts, hints, detect }: ObjectMaskOptions,
  listed = '',
): ((bytes: Buffer) => boolean) | undefined {
  const kinds = parts.flatMap(({ what }) => (what.in === 'kind' ? [what.kind] : []));
  if (detect) kinds.push('Event');
  if ([...hints, listed].some((kind) => kinds.includes(kind))) return undefined;
  // A quote before: the value of `kind`, in a manifest inside an annotation too, where the quote after is escaped.
  const words = kinds.map((kind) => `"${kind}`);
  if (parts.some(({ what }) => what.in === 'env')) words.push('"env');
  const markers = words.map((word) => Buffer.from(word));
  return (bytes) => !markers.some((marker) => bytes.includes(marker)) && !hasOddEscape(bytes);
}

function hasOddEscape(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(escape); at >= 0; at = bytes.indexOf(escape, at + 2)) {
    if (!plainEscapes.has(bytes.toString('latin1', at + 2, at + 6).toLowerCase())) return true;
  }
  return false;
}
