import type { EntityScope } from './scope.js';
import type { ParsedStatement } from './statement.js';
import type { Language, ObjectKind } from './vocabulary.js';
import { wordOf } from './vocabulary.js';

const everything: readonly ObjectKind[] = ['Resource', 'Schema', 'Table', 'Column', 'Function', 'Namespace', 'Field'];
/** For each entity type that a scope may name: the kinds of object that can be it or lie in it. */
const kindsWithin: Readonly<Record<string, readonly ObjectKind[]>> = {
  Label: everything,
  Resource: everything,
  Schema: ['Schema', 'Table', 'Column', 'Function'],
  Table: ['Table', 'Column'],
  Column: ['Column'],
  Function: ['Function'],
  Namespace: ['Namespace', 'Field'],
  Field: ['Field'],
  Tag: ['Column', 'Field'],
};

/**
 * Says when a forbid names an action that can never meet its resource, as in
 * `forbid (principal, action in [connect, delete], resource == Resource::"shop")`: half of what its author believes
 * forbidden would not be. Cedar's validator only speaks up when no action fits at all.
 */
export function contradictsItsActions(statement: ParsedStatement, language: Language): string | undefined {
  if (statement.effect !== 'forbid' || !statement.action) return undefined;
  const kinds = reachable(statement.resource);
  for (const verb of statement.action) {
    const objects = wordOf(language, verb)?.objects;
    if (!objects || !kinds) continue;
    if (!objects.some((kind) => kinds.includes(kind))) {
      return `${verb} never applies to this resource, so it would not be forbidden; use \`in\`, or name ${objects.join(' or ')}`;
    }
  }
  return undefined;
}

function reachable(scope: EntityScope): readonly string[] | undefined {
  switch (scope.op) {
    case 'any':
      return undefined;
    case 'equal':
      return [scope.entity.type];
    case 'in':
      return kindsWithin[scope.entity.type];
    case 'is':
      return [scope.type];
  }
}
