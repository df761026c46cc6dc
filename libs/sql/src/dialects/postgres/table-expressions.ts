import type { Alias, JsonTable, Node, RangeTableFunc } from '@pgsql/types';
import { namedColumns } from './aliases.js';
import type { Analysis } from './analysis.js';
import { partsOf } from './json-expressions.js';
import type { RangeEntry, Scope } from './scope.js';
import { as } from './tree.js';
import type { NamedValue, Value } from './value.js';

/** JSON_TABLE: every column may hold anything of the document. */
export function jsonTable(analysis: Analysis, body: object, scope: Scope): RangeEntry {
  const table = body as JsonTable;
  const value = partsOf(analysis, body, scope);
  return entry(jsonColumns(table.columns, value), 'json_table', table.alias);
}

/** A level's own columns come before those of its nested paths. */
function jsonColumns(nodes: readonly Node[] | undefined, value: Value): NamedValue[] {
  const columns = (nodes ?? []).flatMap((node) => as(node, 'JsonTableColumn') ?? []);
  const own = columns.filter((column) => column.coltype !== 'JTC_NESTED');
  const nested = columns.filter((column) => column.coltype === 'JTC_NESTED');
  return [
    ...own.map((column) => ({ name: column.name ?? '', value })),
    ...nested.flatMap((column) => jsonColumns(column.columns, value)),
  ];
}

/** XMLTABLE, likewise. */
export function xmlTable(analysis: Analysis, body: object, scope: Scope): RangeEntry {
  const table = body as RangeTableFunc;
  const value = partsOf(analysis, body, scope);
  const columns = (table.columns ?? []).flatMap((node) => as(node, 'RangeTableFuncCol') ?? []);
  const named = columns.map((column) => ({ name: column.colname ?? '', value }));
  return entry(named, 'xmltable', table.alias);
}

function entry(columns: readonly NamedValue[], name: string, alias: Alias | undefined): RangeEntry {
  const unnamed: RangeEntry = { alias: name, columns };
  return alias ? namedColumns(unnamed, alias) : unnamed;
}
