import type { Statement } from '../language/statement.js';
import type { Applying } from './evaluate.js';

export type Verdict =
  | { readonly kind: 'permit'; readonly by: readonly Statement[] }
  | { readonly kind: 'hold'; readonly by: readonly Statement[] }
  | {
      readonly kind: 'deny';
      readonly code: 'forbidden' | 'no-permit' | 'evaluation-error';
      readonly by: readonly Statement[];
      /** Said instead of the usual words for the code. */
      readonly text?: string;
    };

/** Deny is stricter than hold, hold than permit. */
export const severity: Readonly<Record<Verdict['kind'], number>> = { permit: 0, hold: 1, deny: 2 };

/**
 * The order of verdicts. An error comes first: Cedar skips a policy whose condition fails, and a skipped forbid is no
 * forbid. Where only `@approval` permits apply, the strictest of them speaks, because one approval has to satisfy one
 * rule; a forbid that approval lifts asks in addition to it.
 */
export function verdictOf({ forbids, approvalForbids, permits, approvalPermits, errors }: Applying): Verdict {
  if (errors.length > 0)
    return { kind: 'deny', code: 'evaluation-error', by: errors.map(({ statement }) => statement) };
  if (forbids.length > 0) return { kind: 'deny', code: 'forbidden', by: forbids };
  if (permits.length === 0 && approvalPermits.length === 0) return { kind: 'deny', code: 'no-permit', by: [] };
  const asking = permits.length > 0 ? approvalForbids : [...approvalForbids, strictest(approvalPermits)];
  return asking.length > 0 ? { kind: 'hold', by: asking } : { kind: 'permit', by: permits };
}

/** The highest quorum; among equals the first name, then the first in the revision. */
function strictest(statements: readonly Statement[]): Statement {
  return [...statements].sort(
    (a, b) =>
      (b.approval?.quorum ?? 0) - (a.approval?.quorum ?? 0) || compareText(a.label, b.label) || a.index - b.index,
  )[0]!;
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What applies to a column: its own statements and its table's. */
export function joined(a: Applying, b: Applying): Applying {
  return {
    forbids: [...a.forbids, ...b.forbids],
    approvalForbids: [...a.approvalForbids, ...b.approvalForbids],
    permits: [...a.permits, ...b.permits],
    approvalPermits: [...a.approvalPermits, ...b.approvalPermits],
    errors: [...a.errors, ...b.errors],
  };
}
