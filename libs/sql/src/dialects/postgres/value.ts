import type { ColumnRef } from '@sallyport/domain';
import { spend } from './work-limit.js';

/** Columns by a key that no two columns share. */
export type Sources = ReadonlyMap<string, ColumnRef>;

/** What is known about an expression's value: where it comes from. */
export interface Value {
  readonly sources: Sources;
  /** One column's value as it stands. */
  readonly direct: boolean;
  /** Oid of its type, where that is known and matters: of a column's own value, and of texts made of columns. */
  readonly type?: number;
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
  for (const value of values) {
    spend(1 + value.sources.size);
    for (const [key, ref] of value.sources) sources.set(key, ref);
  }
  return sources.size === 0 ? nothing : { sources, direct: false };
}

/** A value that is one of several as they stand (set operations, merged columns): direct when all are the same column. */
export function either(left: Value, right: Value): Value {
  if (left.direct && right.direct && sameSources(left.sources, right.sources)) return left;
  const type = left.sources.size === 0 || left.type === right.type ? right.type : undefined;
  return { ...mix([left, right]), type: right.sources.size === 0 ? left.type : type };
}

export function sameSources(left: Sources, right: Sources): boolean {
  if (left.size !== right.size) return false;
  spend(1 + left.size);
  for (const key of left.keys()) if (!right.has(key)) return false;
  return true;
}
