import type { LockStmt, Node, SelectStmt, TruncateStmt } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { unknownConstruct } from '../refusal.js';
import { noteWrite, requireRelations, writeRelation } from '../relations.js';
import { as, kindOf } from '../tree.js';
import { type Meaning, rowsShape, type StatementHandler } from './meaning.js';
import { createdBy } from './create-as.js';
import { searchPathCall } from './search-path-call.js';

export const select: StatementHandler<SelectStmt> = (analysis, body) => {
  const searchPath = searchPathCall(analysis, body);
  if (searchPath) return searchPath;
  const rows = analysis.query(body, {});
  if (!body.intoClause) return { kind: 'SELECT', result: rowsShape(analysis, rows) };
  analysis.useAll(rows);
  return createdBy(analysis, body.intoClause, 'SELECT INTO');
};

const kinds: Readonly<Record<string, string>> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
};

export function modification(analysis: Analysis, node: Node): Meaning {
  const rows = analysis.input.analyzers.modification(analysis, node, {});
  return { kind: kinds[kindOf(node)]!, result: rowsShape(analysis, rows) };
}

export const truncate: StatementHandler<TruncateStmt> = (analysis, body) => {
  for (const node of body.relations ?? []) {
    const relation = as(node, 'RangeVar');
    if (!relation) throw unknownConstruct('TRUNCATE');
    writeRelation(analysis, relation, { verb: 'truncate' });
  }
  // CASCADE empties every table that refers to these: which ones is not looked up.
  if (body.behavior === 'DROP_CASCADE') analysis.effects.other('alter', analysis.resource);
  return { kind: 'TRUNCATE', result: null };
};

/** LOCK TABLE keeps others out: taken as an update. */
export const lockTable: StatementHandler<LockStmt> = (analysis, body) => {
  for (const node of body.relations ?? []) {
    const relation = as(node, 'RangeVar');
    if (!relation) throw unknownConstruct('LOCK');
    noteWrite(analysis, requireRelations(analysis, relation), { verb: 'update', columns: [], locks: true });
  }
  return { kind: 'LOCK TABLE', result: null };
};
