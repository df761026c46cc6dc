import type { ApprovalRule } from './annotations.js';
import type { ConditionReads } from './conditions.js';
import type { Plane } from './schema.js';
import type { Language } from './vocabulary.js';
import type { ActionScope, EntityScope, Uid } from './scope.js';
import { uid } from './scope.js';

/** One Cedar policy, taken apart as far as choosing and explaining it needs. Cedar alone evaluates it, from `text`. */
export interface ParsedStatement {
  readonly text: string;
  readonly plane: Plane;
  readonly effect: 'permit' | 'forbid';
  readonly principal: EntityScope;
  readonly action: ActionScope;
  readonly resource: EntityScope;
  readonly reads: ConditionReads;
  readonly approval?: ApprovalRule;
  readonly reason?: string;
  readonly id?: string;
}

/** A statement in its place in a revision. */
export interface Statement extends ParsedStatement {
  /** The languages it speaks in; none for statements about the API. */
  readonly languages: ReadonlySet<Language>;
  /** Position in the revision: policies in their order, statements in theirs. */
  readonly index: number;
  /** The policy's name; with `#` and its `@id` or number where the policy holds several statements of the same plane. */
  readonly label: string;
}

/** Every entity that a statement names, in its scope or its conditions. What it does not name, it cannot ask about. */
export function entitiesNamedBy({ principal, action, resource, reads }: ParsedStatement): Set<Uid> {
  const named = new Set(reads.entities);
  for (const scope of [principal, resource]) {
    const entity = scope.op === 'is' ? scope.within : scope.op === 'any' ? undefined : scope;
    if (entity) named.add(entity.uid);
  }
  for (const id of action ?? []) named.add(uid({ type: 'Action', id }));
  return named;
}
