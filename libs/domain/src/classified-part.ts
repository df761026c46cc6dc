import type { FieldRef } from './object-ref.js';

/** One entry of a resource's classification, by what it names. */
export type ClassificationEntry =
  { readonly column: string } | { readonly path: string } | { readonly field: string } | { readonly detector: string };

/** The object of the policy language that an entry about documents or texts is; undefined for columns. */
export function fieldOf(resource: string, entry: ClassificationEntry): FieldRef | undefined {
  if ('column' in entry) return undefined;
  const path = 'path' in entry ? entry.path : 'field' in entry ? entry.field : `detector:${entry.detector}`;
  return { kind: 'Field', resource, path };
}
