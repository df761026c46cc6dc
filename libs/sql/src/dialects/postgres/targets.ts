import type { Node, ResTarget } from '@pgsql/types';
import type { Analysis, Rows } from './analysis.js';
import { columnName } from './column-name.js';
import { entryOfRow } from './expressions.js';
import { Refusal, unknownConstruct } from './refusal.js';
import { entriesNamed, type RangeEntry, type Scope, wholeRow } from './scope.js';
import { as, stringOf } from './tree.js';
import { mix, type NamedValue, type Value } from './value.js';
import { spend } from './work-limit.js';

/** The columns of a SELECT or RETURNING list, stars expanded. */
export function targets(analysis: Analysis, nodes: readonly Node[] | undefined, scope: Scope): Rows {
  const columns: NamedValue[] = [];
  const opens: Value[] = [];
  for (const node of nodes ?? []) {
    const target = as(node, 'ResTarget');
    if (!target?.val) throw unknownConstruct('an output column');
    const rows = starred(analysis, target, scope) ?? { columns: [output(analysis, target, scope)] };
    for (const column of rows.columns) analysis.read(column.value);
    if (rows.open) analysis.read(rows.open);
    spend(rows.columns.length);
    for (const column of rows.columns) columns.push(column);
    if (rows.open) opens.push(rows.open);
  }
  // Columns at unknown places: any output may be any of them.
  return opens.length === 0 ? { columns } : { columns, open: mix([...columns.map((c) => c.value), ...opens]) };
}

function output(analysis: Analysis, target: ResTarget, scope: Scope): NamedValue {
  const value = analysis.expression(target.val!, scope);
  return { name: target.name ?? columnName(target.val!, analysis.subqueryNames), value };
}

/** `*`, `u.*`, `s.u.*` and `(u).*`; undefined for anything else. */
function starred(analysis: Analysis, target: ResTarget, scope: Scope): Rows | undefined {
  const ref = as(target.val, 'ColumnRef');
  if (ref && as(ref.fields?.at(-1), 'A_Star')) {
    analysis.visited.add(ref);
    const qualifier = ref.fields!.slice(0, -1).map(stringOf);
    if (qualifier.length === 0) return allItems(scope);
    const entries = entriesNamed(
      qualifier.filter((name) => name !== undefined),
      scope,
    );
    if (!entries) throw new Refusal(`"${qualifier.join('.')}" is not in FROM`, 'column');
    return entries.length === 1 ? entries[0]! : { columns: [], open: mix(entries.map(wholeRow)) };
  }
  const indirection = as(target.val, 'A_Indirection');
  if (!indirection || !as(indirection.indirection?.at(-1), 'A_Star')) return undefined;
  analysis.visited.add(indirection);
  const steps = indirection.indirection!;
  const entry: RangeEntry | undefined = steps.length === 1 ? entryOfRow(analysis, indirection.arg, scope) : undefined;
  if (entry) return entry;
  // A composite value's fields: how many there are is not known here.
  const value = analysis.expression({ A_Indirection: { ...indirection, indirection: steps.slice(0, -1) } }, scope);
  return { columns: [], open: mix([value]) };
}

function allItems(scope: Scope): Rows {
  const opens = scope.items.flatMap((item) => item.open ?? []);
  spend(scope.items.reduce((sum, item) => sum + 1 + item.columns.length, 0));
  const columns = scope.items.flatMap((item) => item.columns);
  return { columns, open: opens.length > 0 ? mix([...columns.map((column) => column.value), ...opens]) : undefined };
}
