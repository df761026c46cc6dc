import type { ClassifiedPart } from './classification.js';
import type { Replacement } from './replacement.js';

/** A classified part that is to be replaced, and how. */
export interface ActivePart {
  readonly what: ClassifiedPart['what'];
  readonly replace: Replacement;
}

/** All parts of objects, replaced in one way whatever policy says of them. */
export function activeParts(parts: readonly ClassifiedPart[], replace: Replacement): ActivePart[] {
  return parts.flatMap(({ what }) => (what.in === 'text' ? [] : [{ what, replace }]));
}
