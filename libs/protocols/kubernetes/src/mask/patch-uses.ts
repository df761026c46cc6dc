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
    // Where variables stand differs from kind to kind: anything but metadata may hold some.
    if (what.in === 'env') return pointer[0] !== 'metadata';
    return what.paths.some(({ keys }) => overlaps(pointer, keys));
  });
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
