import type { DeleteStmt, InferClause, InsertStmt, Node, OnConflictClause, UpdateStmt } from '@pgsql/types';
import type { Analysis, Frame, Rows } from './analysis.js';
import { assignments, assignmentTargets, writeTarget } from './assignments.js';
import { analyseFrom, single } from './from-clause.js';
import { analyseMerge } from './merge.js';
import { unknownConstruct } from './refusal.js';
import { writeRelation } from './relations.js';
import { returning } from './returning.js';
import type { RangeEntry, Scope } from './scope.js';
import { as, walkTree } from './tree.js';
import { withClause } from './with-clause.js';

/** INSERT, UPDATE, DELETE and MERGE, at the top or inside WITH. The rows are those of RETURNING. */
export function analyseModification(analysis: Analysis, node: Node, frame: Frame): Rows | undefined {
  const insert = as(node, 'InsertStmt');
  const update = as(node, 'UpdateStmt');
  const remove = as(node, 'DeleteStmt');
  const merge = as(node, 'MergeStmt');
  const statement = insert ?? update ?? remove ?? merge;
  if (!statement?.relation) throw unknownConstruct('a data-modifying statement');
  analysis.visited.add(statement);
  const inner = withClause(analysis, statement.withClause, frame);
  if (insert) return analyseInsert(analysis, insert, inner);
  if (update) return analyseUpdate(analysis, update, inner);
  return remove ? analyseDelete(analysis, remove, inner) : analyseMerge(analysis, merge!, inner);
}

function analyseInsert(analysis: Analysis, statement: InsertStmt, frame: Frame): Rows | undefined {
  const target = writeTarget(analysis, statement.relation!, { verb: 'insert', list: statement.cols });
  const scope = scopeOf([target], frame);
  if (statement.selectStmt) {
    const query = as(statement.selectStmt, 'SelectStmt');
    if (!query) throw unknownConstruct('INSERT');
    analysis.visited.add(query);
    analysis.useAll(analysis.query(query, frame));
  }
  assignmentTargets(analysis, statement.cols, scope);
  if (statement.onConflictClause) onConflict(analysis, statement.onConflictClause, { statement, target, frame });
  return returning(analysis, statement.returningClause, { items: [single(target)], target, frame });
}

function onConflict(
  analysis: Analysis,
  clause: OnConflictClause,
  { statement, target, frame }: { readonly statement: InsertStmt; readonly target: RangeEntry; readonly frame: Frame },
): void {
  const scope = scopeOf([target], frame);
  if (clause.infer) conflictTarget(analysis, clause.infer, scope);
  if (clause.action !== 'ONCONFLICT_UPDATE') return;
  const list = clause.targetList;
  writeTarget(analysis, statement.relation!, { verb: 'update', list: list ?? [] });
  // `excluded` is the proposed row; its values were already counted as written, its columns are the target's.
  const both = scopeOf([target, { ...target, alias: 'excluded', schema: undefined }], frame);
  const visible: Scope = { ...both, items: [single(target), { entries: both.items[1]!.entries, columns: [] }] };
  assignments(analysis, list, visible);
  analysis.condition(clause.whereClause, visible);
}

/** Whether a conflict arises shows whether the value is there already. */
function conflictTarget(analysis: Analysis, infer: InferClause, scope: Scope): void {
  for (const node of infer.indexElems ?? []) {
    const element = as(node, 'IndexElem');
    if (!element) throw unknownConstruct('ON CONFLICT');
    if (element.name) analysis.condition({ ColumnRef: { fields: [{ String: { sval: element.name } }] } }, scope);
    analysis.condition(element.expr, scope);
  }
  analysis.condition(infer.whereClause, scope);
}

function analyseUpdate(analysis: Analysis, statement: UpdateStmt, frame: Frame): Rows | undefined {
  const target = writeTarget(analysis, statement.relation!, { verb: 'update', list: statement.targetList ?? [] });
  const items = [single(target), ...analyseFrom(analysis, statement.fromClause, frame)];
  const scope: Scope = { items, parent: frame.outer, ctes: frame.ctes };
  assignments(analysis, statement.targetList, scope);
  restriction(analysis, statement.whereClause, scope);
  return returning(analysis, statement.returningClause, { items, target, frame });
}

function analyseDelete(analysis: Analysis, statement: DeleteStmt, frame: Frame): Rows | undefined {
  const target = writeRelation(analysis, statement.relation!, { verb: 'delete' });
  const items = [single(target), ...analyseFrom(analysis, statement.usingClause, frame)];
  const scope: Scope = { items, parent: frame.outer, ctes: frame.ctes };
  restriction(analysis, statement.whereClause, scope);
  return returning(analysis, statement.returningClause, { items, target, frame });
}

/** A WHERE that mentions no column restricts nothing. */
function restriction(analysis: Analysis, where: Node | undefined, scope: Scope): void {
  analysis.condition(where, scope);
  let restricts = false;
  if (where) {
    walkTree(where, {
      node: (kind) => {
        if (kind === 'ColumnRef' || kind === 'CurrentOfExpr') restricts = true;
        return true;
      },
      rangeVar: () => undefined,
      typeName: () => undefined,
    });
    if ('ColumnRef' in where || 'CurrentOfExpr' in where) restricts = true;
  }
  if (!restricts) analysis.everyWriteRestricted = false;
}

function scopeOf(entries: readonly RangeEntry[], frame: Frame): Scope {
  return { items: entries.map(single), parent: frame.outer, ctes: frame.ctes };
}
