import type { GroupingSet, LockingClause, Node, SelectStmt } from '@pgsql/types';
import type { Analysis, Frame, Rows } from './analysis.js';
import { analyseFrom } from './from-clause.js';
import { windowDefinition } from './function-calls.js';
import { unknownConstruct } from './refusal.js';
import { valuesNamed } from './column-index.js';
import { bareColumnHere, findCte, type Scope } from './scope.js';
import { combineArms } from './set-operations.js';
import { targets } from './targets.js';
import { as, isRangeVar, kindOf, stringOf } from './tree.js';
import { mix, type Value } from './value.js';
import { withClause } from './with-clause.js';
import { findRelations, noteWrite } from './relations.js';
import { spend } from './work-limit.js';

/** What a query costs besides its parts. */
const stepsPerQuery = 64;

/** SELECT, VALUES, TABLE and set operations, at any depth. */
export function analyseQuery(analysis: Analysis, statement: SelectStmt, outerFrame: Frame): Rows {
  spend(stepsPerQuery);
  const frame = withClause(analysis, statement.withClause, outerFrame);
  if (statement.op && statement.op !== 'SETOP_NONE') return setOperation(analysis, statement, frame);
  if (statement.valuesLists) return values(analysis, statement, frame);
  return plain(analysis, statement, frame);
}

function setOperation(analysis: Analysis, statement: SelectStmt, frame: Frame): Rows {
  const rows = combineArms(analysis, statement, frame);
  const scope: Scope = { items: [{ entries: [], columns: rows.columns, open: rows.open }], ctes: frame.ctes };
  orderBy(analysis, statement.sortClause, { rows, scope });
  limit(analysis, statement, { items: [], parent: frame.outer, ctes: frame.ctes });
  return rows;
}

function values(analysis: Analysis, statement: SelectStmt, frame: Frame): Rows {
  const scope: Scope = { items: [], parent: frame.outer, ctes: frame.ctes };
  const lists = (statement.valuesLists ?? []).map((node) => {
    const list = as(node, 'List');
    if (!list) throw unknownConstruct('VALUES');
    return (list.items ?? []).map((item) => analysis.expression(item, scope));
  });
  const width = lists.reduce((most, list) => Math.max(most, list.length), 0);
  const columns = Array.from({ length: width }, (_, i) => ({
    name: `column${i + 1}`,
    value: mix(lists.flatMap((list) => list[i] ?? [])),
  }));
  orderBy(analysis, statement.sortClause, { rows: { columns }, scope });
  limit(analysis, statement, scope);
  return { columns };
}

function plain(analysis: Analysis, statement: SelectStmt, frame: Frame): Rows {
  const items = analyseFrom(analysis, statement.fromClause, frame);
  const scope: Scope = { items, parent: frame.outer, ctes: frame.ctes };
  const rows = targets(analysis, statement.targetList, scope);
  analysis.condition(statement.whereClause, scope);
  groupBy(analysis, statement.groupClause, { rows, scope });
  analysis.condition(statement.havingClause, scope);
  for (const node of statement.windowClause ?? []) {
    const window = as(node, 'WindowDef');
    if (!window) throw unknownConstruct('WINDOW');
    windowDefinition(analysis, window, scope);
  }
  distinct(analysis, statement.distinctClause, { rows, scope });
  orderBy(analysis, statement.sortClause, { rows, scope });
  limit(analysis, statement, { items: [], parent: frame.outer, ctes: frame.ctes });
  for (const node of statement.lockingClause ?? []) lock(analysis, as(node, 'LockingClause'), { statement, frame });
  return rows;
}

interface Output {
  readonly rows: Rows;
  readonly scope: Scope;
}

function limit(analysis: Analysis, statement: SelectStmt, scope: Scope): void {
  analysis.condition(statement.limitOffset, scope);
  analysis.condition(statement.limitCount, scope);
}

/** DISTINCT compares every output; DISTINCT ON compares what it lists. */
function distinct(analysis: Analysis, clause: readonly Node[] | undefined, output: Output): void {
  if (!clause) return;
  const listed = clause.filter((node) => Object.keys(node).length > 0);
  if (listed.length === 0) analysis.useAll(output.rows);
  for (const node of listed) sortExpression(analysis, node, output);
}

export function orderBy(analysis: Analysis, clause: readonly Node[] | undefined, output: Output): void {
  for (const node of clause ?? []) {
    const sorted = as(node, 'SortBy')?.node;
    if (!sorted) throw unknownConstruct('ORDER BY');
    sortExpression(analysis, sorted, output);
  }
}

/** SQL-92 rules of ORDER BY and DISTINCT ON: a bare name is an output first, an integer is an output's position. */
function sortExpression(analysis: Analysis, node: Node, output: Output): void {
  if (usePosition(analysis, node, output.rows)) return;
  const name = bareName(node);
  const named = name === undefined ? undefined : outputNamed(output.rows, name);
  if (named) {
    markVisited(analysis, node);
    analysis.use(named);
  } else {
    analysis.condition(node, output.scope);
  }
}

/** GROUP BY: a bare name is an input column of this level first, then an output, then anything further out. */
function groupBy(analysis: Analysis, clause: readonly Node[] | undefined, output: Output): void {
  for (const node of clause ?? []) {
    const set = as(node, 'GroupingSet');
    if (set) groupingSet(analysis, set, output);
    else groupExpression(analysis, node, output);
  }
}

function groupingSet(analysis: Analysis, set: GroupingSet, output: Output): void {
  for (const node of set.content ?? []) {
    const row = as(node, 'RowExpr');
    groupBy(analysis, row ? row.args : [node], output);
    if (row) analysis.visited.add(row);
  }
}

function groupExpression(analysis: Analysis, node: Node, output: Output): void {
  if (usePosition(analysis, node, output.rows)) return;
  const name = bareName(node);
  const isInput = name !== undefined && bareColumnHere(name, output.scope) !== undefined;
  const named = name === undefined || isInput ? undefined : outputNamed(output.rows, name);
  if (named) {
    markVisited(analysis, node);
    analysis.use(named);
    // An input whose columns are not all known may have one of that name, and would come first.
    for (const item of output.scope.items) if (item.open) analysis.use(item.open);
  } else {
    analysis.condition(node, output.scope);
  }
}

function usePosition(analysis: Analysis, node: Node, rows: Rows): boolean {
  const constant = as(node, 'A_Const');
  if (!constant) return false;
  analysis.literalSensitive = true;
  const position = constant.ival ? (constant.ival.ival ?? 0) : 0;
  const column = rows.columns[position - 1];
  // With columns at unknown places any of them may be meant.
  if (column && !rows.open) analysis.use(column.value);
  else analysis.useAll(rows);
  return true;
}

function bareName(node: Node): string | undefined {
  const fields = as(node, 'ColumnRef')?.fields;
  return fields?.length === 1 ? stringOf(fields[0]) : undefined;
}

function outputNamed(rows: Rows, name: string): Value | undefined {
  const found = valuesNamed(rows.columns, name);
  if (found.length === 0) return undefined;
  return rows.open ? mix([...found, rows.open]) : mix(found);
}

function markVisited(analysis: Analysis, node: Node): void {
  analysis.visited.add((node as Record<string, object>)[kindOf(node)]!);
}

/** FOR UPDATE and its kin write row locks: an update of every relation they reach. */
function lock(
  analysis: Analysis,
  clause: LockingClause | undefined,
  { statement, frame }: { readonly statement: SelectStmt; readonly frame: Frame },
): void {
  if (!clause) throw unknownConstruct('FOR UPDATE');
  analysis.writes = true;
  const wanted = (clause.lockedRels ?? []).map((node) => {
    const relation = as(node, 'RangeVar');
    if (!relation) throw unknownConstruct('FOR UPDATE');
    analysis.visited.add(relation);
    return relation.relname ?? '';
  });
  // Without a list every relation below is locked, those inside subqueries and views included.
  lockBelow(analysis, statement.fromClause ?? [], { wanted: wanted.length === 0 ? undefined : new Set(wanted), frame });
}

interface LockTarget {
  readonly wanted: ReadonlySet<string> | undefined;
  readonly frame: Frame;
}

function lockBelow(analysis: Analysis, value: unknown, target: LockTarget): void {
  if (typeof value !== 'object' || value === null) return;
  spend(1);
  if (isRangeVar(value)) {
    const name = value.alias?.aliasname ?? value.relname ?? '';
    if (target.wanted && !target.wanted.has(name)) return;
    if (!value.schemaname && findCte(target.frame.ctes, value.relname ?? '')) return;
    const found = findRelations(analysis, value);
    if (found) noteWrite(analysis, found, { verb: 'update', columns: [], locks: true });
    return;
  }
  const alias = (value as { readonly alias?: { readonly aliasname?: string } }).alias?.aliasname;
  const inner = alias !== undefined && target.wanted?.has(alias) ? { ...target, wanted: undefined } : target;
  for (const child of Object.values(value)) lockBelow(analysis, child, inner);
}
