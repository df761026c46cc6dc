import type { NamedValue, Value } from './value.js';
import { spend } from './work-limit.js';

/** Below this, looking through the list is faster than an index. */
const worthAnIndex = 16;

const indexes = new WeakMap<readonly NamedValue[], ReadonlyMap<string, readonly Value[]>>();
const none: readonly Value[] = [];

/** Every column of that name, in order. The list must not change any more. */
export function valuesNamed(columns: readonly NamedValue[], name: string): readonly Value[] {
  if (columns.length < worthAnIndex) {
    return columns.filter((column) => column.name === name).map((column) => column.value);
  }
  let index = indexes.get(columns);
  if (!index) indexes.set(columns, (index = indexOf(columns)));
  return index.get(name) ?? none;
}

function indexOf(columns: readonly NamedValue[]): ReadonlyMap<string, readonly Value[]> {
  spend(columns.length);
  const index = new Map<string, Value[]>();
  for (const { name, value } of columns) {
    const values = index.get(name);
    if (values) values.push(value);
    else index.set(name, [value]);
  }
  return index;
}
