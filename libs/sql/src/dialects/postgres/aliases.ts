import type { Alias } from '@pgsql/types';
import type { RangeEntry } from './scope.js';
import { stringOf } from './tree.js';
import type { NamedValue } from './value.js';
import { spend } from './work-limit.js';

/** `AS alias (a, b)`: the first columns get new names, the rest keep theirs. A schema no longer names the entry. */
export function namedColumns(entry: RangeEntry, alias: Alias): RangeEntry {
  const names = (alias.colnames ?? []).map((node) => stringOf(node) ?? '');
  return {
    alias: alias.aliasname ?? entry.alias,
    columns: renamed(entry, names),
    open: entry.open,
    stored: entry.stored,
  };
}

export function renamed(rows: Pick<RangeEntry, 'columns' | 'open'>, names: readonly string[]): readonly NamedValue[] {
  if (names.length === 0) return rows.columns;
  spend(rows.columns.length + names.length);
  const columns = rows.columns.map((column, i) => {
    const name = names[i];
    return name === undefined ? column : { name, value: column.value };
  });
  const { open } = rows;
  // More names than known columns: they name what is only known to be there.
  return open ? [...columns, ...names.slice(columns.length).map((name) => ({ name, value: open }))] : columns;
}
