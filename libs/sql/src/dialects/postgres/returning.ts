import type { ReturningClause } from '@pgsql/types';
import type { Analysis, Frame, Rows } from './analysis.js';
import { unknownConstruct } from './refusal.js';
import type { FromItem, RangeEntry, Scope } from './scope.js';
import { targets } from './targets.js';
import { as } from './tree.js';

export interface Returned {
  /** In the order in which a star shows them. */
  readonly items: readonly FromItem[];
  readonly target: RangeEntry;
  readonly frame: Frame;
}

/** RETURNING; `old` and `new` (PostgreSQL 18) are the target's row before and after, under names the clause may change. */
export function returning(
  analysis: Analysis,
  clause: ReturningClause | undefined,
  { items, target, frame }: Returned,
): Rows | undefined {
  if (!clause) return undefined;
  const names = { old: 'old', new: 'new' };
  for (const node of clause.options ?? []) {
    const option = as(node, 'ReturningOption');
    if (option?.option === 'RETURNING_OPTION_OLD') names.old = option.value ?? '';
    else if (option?.option === 'RETURNING_OPTION_NEW') names.new = option.value ?? '';
    else throw unknownConstruct('RETURNING WITH');
  }
  const versions = [names.old, names.new].map((alias) => ({ ...target, alias, schema: undefined }));
  const scope: Scope = {
    items: [...items, { entries: versions, columns: [] }],
    parent: frame.outer,
    ctes: frame.ctes,
  };
  return targets(analysis, clause.exprs, scope);
}
