import type { MergeStmt, MergeWhenClause } from '@pgsql/types';
import type { Analysis, Frame, Rows } from './analysis.js';
import { assignments, writeTarget } from './assignments.js';
import { fromItem, single } from './from-clause.js';
import { unknownConstruct } from './refusal.js';
import { requireRelations, tableRefs, writeRelation } from './relations.js';
import { returning } from './returning.js';
import type { Scope } from './scope.js';
import { as } from './tree.js';

/** MERGE reads its target by the join, whatever its branches do. */
export function analyseMerge(analysis: Analysis, statement: MergeStmt, frame: Frame): Rows | undefined {
  const { relation, sourceRelation } = statement;
  if (!relation || !sourceRelation) throw unknownConstruct('MERGE');
  const whens = (statement.mergeWhenClauses ?? []).map((node) => {
    const when = as(node, 'MergeWhenClause');
    if (!when) throw unknownConstruct('MERGE');
    return when;
  });
  for (const ref of tableRefs(analysis, requireRelations(analysis, relation))) analysis.effects.table('select', ref);
  // The write's own columns are added branch by branch; this one names the target for the scope.
  const target = writeRelation(analysis, relation, { verb: 'select' });
  const source = fromItem(analysis, sourceRelation, { frame, left: [] });
  const items = [source, single(target)];
  const scope: Scope = { items, parent: frame.outer, ctes: frame.ctes };
  analysis.condition(statement.joinCondition, scope);
  for (const when of whens) branch(analysis, { when, relation }, scope);
  return returning(analysis, statement.returningClause, { items, target, frame });
}

function branch(
  analysis: Analysis,
  { when, relation }: { readonly when: MergeWhenClause; readonly relation: NonNullable<MergeStmt['relation']> },
  scope: Scope,
): void {
  analysis.condition(when.condition, scope);
  switch (when.commandType) {
    case 'CMD_INSERT':
      writeTarget(analysis, relation, { verb: 'insert', list: when.targetList });
      analysis.conditions(when.values, scope);
      return;
    case 'CMD_UPDATE':
      writeTarget(analysis, relation, { verb: 'update', list: when.targetList ?? [] });
      assignments(analysis, when.targetList, scope);
      return;
    case 'CMD_DELETE':
      writeRelation(analysis, relation, { verb: 'delete' });
      return;
    case 'CMD_NOTHING':
      return;
    default:
      throw unknownConstruct('MERGE');
  }
}
