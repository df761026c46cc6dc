import type { PatchOperation } from '../request/json-patch.js';
import type { ClassifiedPart } from './classification.js';

/**
 * True when a JSON patch would compare a classified value or carry it elsewhere: `test` tells whether a guess is right, `copy`
 * and `move` put it where nobody masks it. Whoever may not see the value may not do that with it.
 */
export function patchUses(operations: readonly PatchOperation[] | undefined, { what }: ClassifiedPart): boolean {
  if (what.in === 'text') return false;
  const read = (operations ?? []).flatMap(({ op, path, from }) => (op === 'test' ? [path] : from ? [from] : []));
  return read.some((pointer) => {
    if (isLastApplied(pointer)) return true;
    if (what.in === 'env') return mayHoldVariables(pointer);
    return what.paths.some(({ keys }) => overlaps(pointer, keys));
  });
}

/** Single values that patches are made conditional on; none is a variable's. */
const plainValues: ReadonlySet<string> = new Set([
  'image',
  'name',
  'parallelism',
  'paused',
  'replicas',
  'schedule',
  'suspend',
]);

/** Where variables stand differs from kind to kind: anything but metadata and well-known single values may hold some. */
function mayHoldVariables(pointer: readonly string[]): boolean {
  return pointer[0] !== 'metadata' && !plainValues.has(pointer.at(-1) ?? '');
}

/** The annotation holds what the object holds. */
function isLastApplied(pointer: readonly string[]): boolean {
  return overlaps(pointer, ['metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration']);
}

/** One leads into the other. List indices stand in pointers and not in classified paths, so they are passed over. */
function overlaps(pointer: readonly string[], keys: readonly string[]): boolean {
  const named = pointer.filter((key) => !/^\d+$/.test(key) || keys.includes(key));
  const shared = Math.min(named.length, keys.length);
  return keys.slice(0, shared).every((key, index) => key === '*' || key === named[index]);
}
