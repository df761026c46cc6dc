import type { Alias, JoinExpr, Node, RangeFunction, RangeSubselect, RangeVar } from '@pgsql/types';
import { namedColumns } from './aliases.js';
import type { Analysis, Frame, Rows } from './analysis.js';
import { valuesNamed } from './column-index.js';
import { callColumns } from './function-calls.js';
import { jsonTable, xmlTable } from './table-expressions.js';
import { Refusal, unknownConstruct } from './refusal.js';
import { readRelation } from './relations.js';
import { findCte, type FromItem, type RangeEntry, type Scope } from './scope.js';
import { as, kindOf, stringOf } from './tree.js';
import { mix, type NamedValue, type Value } from './value.js';
import { spend } from './work-limit.js';

/** Where an item of FROM stands: what is to its left can be seen by lateral items only. */
interface Place {
  readonly frame: Frame;
  readonly left: readonly FromItem[];
}

export function analyseFrom(analysis: Analysis, nodes: readonly Node[] | undefined, frame: Frame): FromItem[] {
  const items: FromItem[] = [];
  for (const node of nodes ?? []) items.push(fromItem(analysis, node, { frame, left: items }));
  return items;
}

/** One more item beside others: the source of a MERGE. */
export function fromItem(analysis: Analysis, node: Node, place: Place): FromItem {
  const kind = kindOf(node);
  const body = (node as Record<string, object>)[kind]!;
  analysis.visited.add(body);
  switch (kind) {
    case 'RangeVar':
      return single(rangeVar(analysis, body as RangeVar, place.frame));
    case 'RangeSubselect':
      return subselect(analysis, body as RangeSubselect, place);
    case 'RangeFunction':
      return single(rangeFunction(analysis, body as RangeFunction, lateralScope(place)));
    case 'JoinExpr':
      return join(analysis, body as JoinExpr, place);
    case 'JsonTable':
      return single(jsonTable(analysis, body, lateralScope(place)));
    case 'RangeTableFunc':
      return single(xmlTable(analysis, body, lateralScope(place)));
    case 'RangeTableSample': {
      const sample = body as { readonly relation?: Node; readonly args?: Node[]; readonly repeatable?: Node };
      if (!sample.relation) throw unknownConstruct('TABLESAMPLE');
      const scope: Scope = { items: [], parent: place.frame.outer, ctes: place.frame.ctes };
      analysis.conditions(sample.args, scope);
      analysis.condition(sample.repeatable, scope);
      return fromItem(analysis, sample.relation, place);
    }
    default:
      throw unknownConstruct(kind);
  }
}

function lateralScope({ frame, left }: Place): Scope {
  return { items: left, parent: frame.outer, ctes: frame.ctes };
}

/** An item that is one entry. */
export function single(entry: RangeEntry): FromItem {
  return { entries: [entry], columns: entry.columns, open: entry.open };
}

function rangeVar(analysis: Analysis, name: RangeVar, frame: Frame): RangeEntry {
  if (!name.schemaname && name.relname) {
    const rows = findCte(frame.ctes, name.relname);
    if (rows) return aliased(rows, name.alias, name.relname);
  }
  return readRelation(analysis, name);
}

function aliased(rows: Rows, alias: Alias | undefined, name: string): RangeEntry {
  const entry: RangeEntry = { alias: name, columns: rows.columns, open: rows.open };
  return alias ? namedColumns(entry, alias) : entry;
}

function subselect(analysis: Analysis, node: RangeSubselect, place: Place): FromItem {
  const statement = as(node.subquery, 'SelectStmt');
  if (!statement) throw unknownConstruct('a subquery');
  analysis.visited.add(statement);
  // Without LATERAL the items to the left do not exist for a subquery: names go past them, further out.
  const outer = node.lateral ? lateralScope(place) : place.frame.outer;
  const rows = analysis.query(statement, { outer, ctes: place.frame.ctes });
  const entry = aliased(rows, node.alias, '');
  return node.alias ? single(entry) : { entries: [], columns: entry.columns, open: entry.open };
}

function rangeFunction(analysis: Analysis, node: RangeFunction, scope: Scope): RangeEntry {
  const calls = (node.functions ?? []).map((item) => functionRows(analysis, node, { item, scope }));
  const columns: NamedValue[] = calls.flatMap((rows) => rows.columns);
  const opens = calls.flatMap((rows) => rows.open ?? []);
  const name = calls.length === 1 ? (calls[0]?.name ?? '') : '';
  if (node.ordinality) columns.push({ name: 'ordinality', value: mix([]) });
  const listed = (node.coldeflist ?? []).map((column) => as(column, 'ColumnDef')?.colname ?? '');
  if (listed.length > 0) {
    const value = mix([...columns.map((column) => column.value), ...opens]);
    const named = listed.map((column) => ({ name: column, value }));
    return aliased({ columns: node.ordinality ? [...named, ...columns.slice(-1)] : named }, node.alias, name);
  }
  if (opens.length === 0) return aliased({ columns }, node.alias, name);
  // One function with unknown columns moves those of the others to unknown places.
  const open = mix([...columns.map((column) => column.value), ...opens]);
  return aliased({ columns: [], open }, node.alias, name);
}

function functionRows(
  analysis: Analysis,
  node: RangeFunction,
  { item, scope }: { readonly item: Node; readonly scope: Scope },
): Rows & { readonly name: string } {
  const [call, columns] = as(item, 'List')?.items ?? [];
  if (!call || kindOf(call) === 'List') throw unknownConstruct('a function in FROM');
  const value = analysis.expression(call, scope);
  const listed = columns && Object.keys(columns).length > 0 ? (as(columns, 'List')?.items ?? []) : [];
  const function_ = as(call, 'FuncCall');
  const name = stringOf(function_?.funcname?.at(-1)) ?? '';
  if (listed.length > 0) {
    return { name, columns: listed.map((column) => ({ name: as(column, 'ColumnDef')?.colname ?? '', value })) };
  }
  const names = function_ ? callColumns(analysis, function_) : undefined;
  if (!names) return { name, columns: [], open: value };
  const scalarName = (node.functions?.length === 1 ? node.alias?.aliasname : undefined) ?? name;
  return { name, columns: names.map((column) => ({ name: column === '' ? scalarName : column, value })) };
}

function join(analysis: Analysis, node: JoinExpr, place: Place): FromItem {
  if (!node.larg || !node.rarg) throw unknownConstruct('JOIN');
  const left = fromItem(analysis, node.larg, place);
  const right = fromItem(analysis, node.rarg, { frame: place.frame, left: [...place.left, left] });
  spend(left.columns.length + right.columns.length);
  const names = mergedNames(node, { left, right });
  const merged = names.map((name) => mergedColumn(analysis, node, { name, left, right }));
  const shown = new Set(names);
  const rest = [...left.columns, ...right.columns].filter((column) => !shown.has(column.name));
  const columns = [...merged, ...rest];
  const opens = [...(left.open ? [left.open] : []), ...(right.open ? [right.open] : [])];
  const open = opens.length > 0 ? mix(opens) : undefined;
  const entries = [...left.entries, ...right.entries];
  if (node.join_using_alias?.aliasname) entries.push({ alias: node.join_using_alias.aliasname, columns: merged });
  spend(entries.length);
  const item: FromItem = { entries, columns, open };
  // ON sees the two sides alone, then what lies further out.
  analysis.condition(node.quals, { items: [item], parent: place.frame.outer, ctes: place.frame.ctes });
  return node.alias ? single(namedColumns({ alias: '', columns, open }, node.alias)) : item;
}

interface Sides {
  readonly left: FromItem;
  readonly right: FromItem;
}

/** In the order in which the join shows them: as listed, or as the left side has them. */
function mergedNames(node: JoinExpr, { left, right }: Sides): string[] {
  if (!node.isNatural) return (node.usingClause ?? []).map((name) => stringOf(name) ?? '');
  if (left.open || right.open) throw new Refusal('NATURAL JOIN needs the columns of both sides to be known');
  const names = new Set(right.columns.map((column) => column.name));
  return [...new Set(left.columns.map((column) => column.name).filter((name) => names.has(name)))];
}

/** A column that both sides have: compared, and shown once. */
function mergedColumn(
  analysis: Analysis,
  node: JoinExpr,
  { name, left, right }: Sides & { readonly name: string },
): NamedValue {
  const [fromLeft, fromRight] = [left, right].map((side) => sideColumn(side, name));
  for (const value of [fromLeft!, fromRight!]) {
    analysis.read(value);
    analysis.use(value);
  }
  if (node.jointype === 'JOIN_FULL') return { name, value: mix([fromLeft!, fromRight!]) };
  return { name, value: node.jointype === 'JOIN_RIGHT' ? fromRight! : fromLeft! };
}

function sideColumn(side: FromItem, name: string): Value {
  const found = valuesNamed(side.columns, name);
  const values = side.open ? [...found, side.open] : found;
  if (values.length === 0) throw new Refusal(`column "${name}" is not known`, 'column');
  return values.length === 1 ? values[0]! : mix(values);
}
