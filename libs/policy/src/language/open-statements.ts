import { parseStatement } from './parse-statement.js';
import type { PolicyIssue, PolicySource } from './policy-source.js';
import { splitStatements } from './split-statements.js';
import type { ParsedStatement } from './statement.js';
import { positionAt } from './text-position.js';

/**
 * Statements that permit everybody everything everywhere, and do not say why. They are not wrong, but nobody should write
 * one unnoticed. Looks past what cannot be read: `validatePolicies` speaks of that.
 */
export function openStatements(policies: readonly PolicySource[]): PolicyIssue[] {
  return policies.flatMap(({ name, cedar }) => {
    const split = splitStatements(cedar);
    if (!split.ok) return [];
    return split.statements.flatMap(({ text, start }) => {
      const parsed = parseStatement(text);
      if (!parsed.ok || !isOpen(parsed.statement) || parsed.statement.reason !== undefined) return [];
      const message = 'permits everybody everything: name who, what or where, or say why with @reason("...")';
      return [{ policy: name, ...positionAt(cedar, start), message }];
    });
  });
}

function isOpen({ effect, plane, principal, action, resource, reads, text }: ParsedStatement): boolean {
  if (effect !== 'permit' || plane !== 'data' || principal.op !== 'any' || action || resource.op !== 'any')
    return false;
  const asks = reads.resource || reads.context.size > 0 || reads.entities.size > 0;
  // In its scope, and nowhere in a condition; what stands in quotes or comments asks nothing.
  const code = text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, '');
  return !asks && code.match(/\bprincipal\b/g)?.length === 1;
}
