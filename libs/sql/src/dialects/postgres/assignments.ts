import type { Node, RangeVar } from '@pgsql/types';
import type { SqlVerb } from '@sallyport/domain';
import type { Analysis } from './analysis.js';
import { unknownConstruct } from './refusal.js';
import { requireRelations, writeRelation } from './relations.js';
import type { RangeEntry, Scope } from './scope.js';
import { as } from './tree.js';
import { spend } from './work-limit.js';

/** The columns written: those listed, or all that the relation has. */
export function writeTarget(
  analysis: Analysis,
  relation: RangeVar,
  { verb, list }: { readonly verb: SqlVerb; readonly list: readonly Node[] | undefined },
): RangeEntry {
  const listed = list?.map((node) => as(node, 'ResTarget')?.name ?? '');
  const columns = listed ?? requireRelations(analysis, relation).relations.flatMap((r) => r.columns.map((c) => c.name));
  spend(columns.length);
  return writeRelation(analysis, relation, { verb, columns });
}

/** `a[1].b = …`: the subscripts are expressions of their own. */
export function assignmentTargets(analysis: Analysis, nodes: readonly Node[] | undefined, scope: Scope): void {
  for (const node of nodes ?? []) {
    for (const step of as(node, 'ResTarget')?.indirection ?? []) {
      const indices = as(step, 'A_Indices');
      analysis.condition(indices?.lidx, scope);
      analysis.condition(indices?.uidx, scope);
    }
  }
}

/** SET lists: what is written goes somewhere untraced. */
export function assignments(analysis: Analysis, nodes: readonly Node[] | undefined, scope: Scope): void {
  for (const node of nodes ?? []) {
    const target = as(node, 'ResTarget');
    if (!target?.val) throw unknownConstruct('SET');
    analysis.condition(target.val, scope);
  }
  assignmentTargets(analysis, nodes, scope);
}
