import type { CommonTableExpr, SelectStmt, WithClause } from '@pgsql/types';
import { renamed } from './aliases.js';
import type { Analysis, Frame, Rows } from './analysis.js';
import { Refusal, unknownConstruct } from './refusal.js';
import type { CteFrame } from './scope.js';
import { as, stringOf } from './tree.js';
import { either, mix, type NamedValue, nothing, sameSources, type Value } from './value.js';

/** Sources only ever grow while a recursive query is read again, so this is never reached by honest statements. */
const maxRounds = 64;

/** Adds the queries of WITH to what names can mean. Each is analysed once, also when nobody refers to it: it may write. */
export function withClause(analysis: Analysis, clause: WithClause | undefined, frame: Frame): Frame {
  if (!clause) return frame;
  const queries = (clause.ctes ?? []).map((node) => {
    const query = as(node, 'CommonTableExpr');
    if (!query) throw unknownConstruct('WITH');
    analysis.visited.add(query);
    return query;
  });
  const inner = clause.recursive ? recursive(analysis, queries, frame) : inOrder(analysis, queries, frame);
  return { outer: frame.outer, ctes: inner };
}

function inOrder(analysis: Analysis, queries: readonly CommonTableExpr[], frame: Frame): CteFrame {
  const known = new Map<string, Rows>();
  const ctes: CteFrame = { find: (name) => known.get(name), parent: frame.ctes };
  for (const query of queries) {
    const rows = finish(analysis, query, body(analysis, query, { outer: frame.outer, ctes }));
    known.set(query.ctename ?? '', rows);
  }
  return ctes;
}

/**
 * WITH RECURSIVE: every query sees every other. A query that is asked for while it is being read answers with what is
 * known of it so far, and is read again until nothing new flows in.
 */
function recursive(analysis: Analysis, queries: readonly CommonTableExpr[], frame: Frame): CteFrame {
  const known = new Map<string, Rows>();
  const byName = new Map(queries.map((query) => [query.ctename ?? '', query]));
  const ctes: CteFrame = {
    find: (name) => {
      const query = byName.get(name);
      return query ? (known.get(name) ?? start(query)) : undefined;
    },
    parent: frame.ctes,
  };
  const inner: Frame = { outer: frame.outer, ctes };
  const start = (query: CommonTableExpr): Rows => {
    const name = query.ctename ?? '';
    const first = baseOf(query);
    if (first) {
      known.set(name, { columns: [] });
      known.set(name, finish(analysis, query, analysis.query(first, inner)));
    } else {
      known.set(name, { columns: [], open: nothing });
      known.set(name, finish(analysis, query, body(analysis, query, inner)));
    }
    return known.get(name)!;
  };
  for (const query of queries) if (!known.has(query.ctename ?? '')) start(query);
  for (let round = 0; round < maxRounds; round++) {
    let grown = false;
    for (const query of queries) {
      const name = query.ctename ?? '';
      const before = known.get(name)!;
      const after = grow(before, finish(analysis, query, body(analysis, query, inner)));
      known.set(name, after);
      if (!sameRows(before, after)) grown = true;
    }
    if (!grown) return ctes;
  }
  throw new Refusal('a recursive query is too complex');
}

/** The part of a recursive query that does not refer to itself: the left side of its UNION. */
function baseOf(query: CommonTableExpr): SelectStmt | undefined {
  const statement = as(query.ctequery, 'SelectStmt');
  return statement?.op === 'SETOP_UNION' && !statement.withClause ? statement.larg : undefined;
}

function body(analysis: Analysis, query: CommonTableExpr, frame: Frame): Rows {
  const node = query.ctequery;
  const statement = as(node, 'SelectStmt');
  if (statement) {
    analysis.visited.add(statement);
    return analysis.query(statement, frame);
  }
  if (!node) throw unknownConstruct('WITH');
  return analysis.input.analyzers.modification(analysis, node, frame) ?? { columns: [] };
}

/** Column names of the WITH item, and the columns that SEARCH and CYCLE add. */
function finish(analysis: Analysis, query: CommonTableExpr, rows: Rows): Rows {
  const names = (query.aliascolnames ?? []).map((node) => stringOf(node) ?? '');
  const columns = renamed(rows, names);
  const ordered = columnsNamed(columns, query.search_clause?.search_col_list);
  const cycled = columnsNamed(columns, query.cycle_clause?.cycle_col_list);
  for (const value of [...ordered, ...cycled]) analysis.use(value);
  const scope = { items: [] };
  analysis.condition(query.cycle_clause?.cycle_mark_value, scope);
  analysis.condition(query.cycle_clause?.cycle_mark_default, scope);
  const added: NamedValue[] = [];
  const { search_clause: search, cycle_clause: cycle } = query;
  if (search?.search_seq_column) added.push({ name: search.search_seq_column, value: mix(ordered) });
  if (cycle?.cycle_mark_column) added.push({ name: cycle.cycle_mark_column, value: mix(cycled) });
  if (cycle?.cycle_path_column) added.push({ name: cycle.cycle_path_column, value: mix(cycled) });
  // A star shows the added columns at this level of the query and leaves them out below it.
  return { columns: [...columns, ...added], open: added.length > 0 ? (rows.open ?? nothing) : rows.open };
}

function columnsNamed(columns: readonly NamedValue[], list: CommonTableExpr['aliascolnames']): Value[] {
  const names = (list ?? []).map((node) => stringOf(node));
  return columns.filter((column) => names.includes(column.name)).map((column) => column.value);
}

function grow(before: Rows, after: Rows): Rows {
  if (before.columns.length !== after.columns.length) {
    // Different shapes in different rounds: only what can flow is known.
    const values = [...before.columns, ...after.columns].map((column) => column.value);
    const opens = [before.open, after.open].filter((value) => value !== undefined);
    return { columns: [], open: mix([...values, ...opens]) };
  }
  const opens = [before.open, after.open].filter((value) => value !== undefined);
  return {
    columns: after.columns.map(({ name, value }, i) => ({ name, value: either(before.columns[i]!.value, value) })),
    open: opens.length > 0 ? mix(opens) : undefined,
  };
}

function sameRows(left: Rows, right: Rows): boolean {
  if (left.columns.length !== right.columns.length || (left.open === undefined) !== (right.open === undefined)) {
    return false;
  }
  if (left.open && right.open && !sameSources(left.open.sources, right.open.sources)) return false;
  return left.columns.every(({ name, value }, i) => {
    const other = right.columns[i]!;
    return (
      name === other.name && value.direct === other.value.direct && sameSources(value.sources, other.value.sources)
    );
  });
}
