import type { EntityNode, EntityScope, Uid } from '../language/scope.js';
import { scopeHolds } from '../language/scope.js';
import type { Statement } from '../language/statement.js';

/**
 * Statements by who they are about and where they can apply, so that a session touches only its own. Choosing by index is
 * coarse; `scopeHolds` then decides exactly.
 */
export class PolicyIndex {
  readonly #byPrincipal = new Map<string, Map<string, Statement[]>>();

  /** @param tagsAnywhere tags are not a property of resources here: whatever names one may apply */
  constructor(statements: readonly Statement[], { tagsAnywhere = false } = {}) {
    for (const statement of statements) {
      const principal = principalKey(statement.principal);
      const byPlace = this.#byPrincipal.get(principal) ?? new Map<string, Statement[]>();
      this.#byPrincipal.set(principal, byPlace);
      const place = placeKey(statement.resource, tagsAnywhere);
      const list = byPlace.get(place);
      if (list) list.push(statement);
      else byPlace.set(place, [statement]);
    }
  }

  /** Statements about this principal that can apply somewhere in a resource with these labels and tags; in order. */
  about(
    principal: EntityNode,
    resource: { readonly name: string; readonly labels: Iterable<Uid>; readonly tags: Iterable<Uid> },
  ) {
    const places = [anywhere, inside(resource.name), ...resource.labels, ...resource.tags];
    const found: Statement[] = [];
    for (const key of [anywhere, `is ${principal.type}`, ...principal.within]) {
      const byPlace = this.#byPrincipal.get(key);
      if (!byPlace) continue;
      for (const place of places) {
        for (const statement of byPlace.get(place) ?? []) {
          if (scopeHolds(statement.principal, principal)) found.push(statement);
        }
      }
    }
    return found.sort((a, b) => a.index - b.index);
  }
}

const anywhere = '*';
/** Everything inside one resource shares a key. Cut at the first slash on both sides: a strange name finds too much, never too little. */
const inside = (id: string): string => `in ${id.split('/', 1)[0]!}`;

function principalKey(scope: EntityScope): string {
  if (scope.op === 'any') return anywhere;
  if (scope.op === 'is') return scope.within?.uid ?? `is ${scope.type}`;
  return scope.uid;
}

function placeKey(scope: EntityScope, tagsAnywhere: boolean): string {
  if (scope.op === 'any') return anywhere;
  const named = scope.op === 'is' ? scope.within : scope;
  if (!named) return anywhere;
  const { type, id } = named.entity;
  if (type === 'Tag' && tagsAnywhere) return anywhere;
  return type === 'Label' || type === 'Tag' ? named.uid : inside(id);
}
