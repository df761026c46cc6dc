import type { ClassifiedPart } from './classification.js';
import type { Replacement } from './replacement.js';

/** A classified part that is to be replaced, and how. */
export interface ActivePart {
  readonly what: ClassifiedPart['what'];
  readonly replace: Replacement;
}
