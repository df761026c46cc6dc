import type { ApprovalTerms, Decision, Obligation, Reason } from '@sallyport/domain';
import type { Statement } from '../language/statement.js';
import { unitedTerms } from './approval-terms.js';
import type { Finding } from './request-judge.js';
import { strictest } from './request-judge.js';

/** The decision that the strictest findings make; `findings` is not empty. */
export function decisionOf(
  findings: readonly Finding[],
  obligations: readonly Obligation[],
  policyRevision: number,
): Decision {
  const worst = strictest(findings);
  const because = distinct(worst.flatMap(reasonsOf));
  switch (worst[0]!.verdict.kind) {
    case 'deny':
      return { effect: 'deny', because, policyRevision };
    case 'hold':
      return {
        effect: 'hold',
        approval: termsOf(worst.flatMap(({ verdict }) => verdict.by)),
        obligations,
        because,
        policyRevision,
      };
    case 'permit':
      return { effect: 'permit', obligations, because, policyRevision };
  }
}

const fixedText = {
  permitted: undefined,
  forbidden: 'a policy forbids this',
  'no-permit': 'no policy permits this',
  'needs-approval': 'this needs approval',
  'evaluation-error': 'a policy could not be evaluated',
} as const;

function reasonsOf({ verdict, object }: Finding): Reason[] {
  const code =
    verdict.kind === 'deny'
      ? verdict.code
      : verdict.kind === 'hold'
        ? ('needs-approval' as const)
        : ('permitted' as const);
  const reason = (statement?: Statement): Reason => {
    const own = verdict.kind === 'deny' ? verdict.text : undefined;
    const text = (code === 'evaluation-error' ? undefined : statement?.reason) ?? own ?? fixedText[code];
    return { code, ...(statement ? { policy: statement.label } : {}), ...(text ? { text } : {}), object };
  };
  return verdict.by.length > 0 ? verdict.by.map(reason) : [reason()];
}

function distinct(reasons: readonly Reason[]): Reason[] {
  return [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
}

function termsOf(statements: readonly Statement[]): ApprovalTerms {
  const all = statements.map(({ approval }): ApprovalTerms => {
    if (!approval) throw new Error('a statement holds without saying who approves');
    const { groups, quorum, expiresInSeconds } = approval;
    return { requirements: [{ groups, quorum }], expiresInSeconds };
  });
  return unitedTerms(all);
}
