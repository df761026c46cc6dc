import type { ColumnRef } from '@sallyport/domain';

/** Columns by a key that no two columns share. */
export type Sources = ReadonlyMap<string, ColumnRef>;

/** What is known about an expression's value: where it comes from. */
export interface Value {
  readonly sources: Sources;
  /** One column's value as it stands. */
  readonly direct: boolean;
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export const nothing: Value = { sources: new Map(), direct: false };

export function columnKey(ref: ColumnRef): string {
  return `${ref.schema}\0${ref.table}\0${ref.column}`;
}

/** A value made of others. */
export function mix(values: Iterable<Value>): Value {
  const sources = new Map<string, ColumnRef>();
  for (const value of values) for (const [key, ref] of value.sources) sources.set(key, ref);
  return sources.size === 0 ? nothing : { sources, direct: false };
}

/** A value that is one of several as they stand (set operations, merged columns): direct when all are the same column. */
export function either(left: Value, right: Value): Value {
  return left.direct && right.direct && sameSources(left.sources, right.sources) ? left : mix([left, right]);
}

export function sameSources(left: Sources, right: Sources): boolean {
  if (left.size !== right.size) return false;
  for (const key of left.keys()) if (!right.has(key)) return false;
  return true;
}
