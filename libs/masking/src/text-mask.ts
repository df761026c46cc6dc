import type { MaskMethod } from '@sallyport/domain';
import { partial } from './methods/partial.js';
import type { Pseudonyms } from './methods/pseudonym.js';
import { redact } from './methods/redact.js';

/**
 * Masks the UTF-8 text at `start`..`end`; null where nothing may stand in its place. The result must not be written to, and
 * holds until the next text is masked.
 */
export type TextMask = (value: Uint8Array, start: number, end: number) => Buffer | null;

export function textMask(method: MaskMethod, pseudonyms: Pseudonyms): TextMask {
  switch (method) {
    case 'redact':
      return redact;
    case 'partial':
      return partial;
    case 'pseudonym':
      return (value, start, end) => pseudonyms.text(value, start, end);
    case 'null':
      return () => null;
  }
}

const strictness: Readonly<Record<MaskMethod, number>> = { partial: 0, pseudonym: 1, redact: 2, null: 3 };

/** Of two methods asked for one value, the one that shows less. */
export function stricterMethod(a: MaskMethod, b: MaskMethod): MaskMethod {
  return strictness[a] >= strictness[b] ? a : b;
}
