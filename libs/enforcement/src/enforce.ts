import type { Action, ApprovalTerms, Decision, Exchange, Obligation, Reason } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import { issuePermit, type Permit } from './permit.js';
import type { EnforcementContext } from './ports.js';

export interface Permitted<Request> {
  readonly kind: 'permit';
  readonly decisionId: string;
  readonly permit: Permit<Request>;
  readonly obligations: readonly Obligation[];
  /** Set when a consumed approval let it through: its outcome must be reported. */
  readonly approvalId?: string;
}
export interface Refused {
  readonly kind: 'deny';
  readonly decisionId: string;
  readonly because: readonly Reason[];
}
/** Nothing of the exchange may move until `awaitApproval` has spoken. */
export interface Held<Request> {
  readonly kind: 'hold';
  readonly decisionId: string;
  readonly exchange: Exchange<Request>;
  readonly terms: ApprovalTerms;
  readonly policyRevision: number;
  readonly because: readonly Reason[];
}
export type Verdict<Request> = Permitted<Request> | Refused | Held<Request>;

export function decisionId(context: EnforcementContext, seq: number): string {
  return `${context.session.id}.${seq}`;
}

/** Judge, then hold the judgement against what can be performed. Anything thrown, and any answer that is none, denies. */
export function decide(context: EnforcementContext, action: Action): Decision {
  try {
    const decision = context.policy.judge(action);
    if (decision.effect === 'deny') return decision;
    if (!isAnswer(decision)) return undecided;
    if (decision.obligations.length === 0) return decision;
    const obstacle = unperformable(context, action, decision.obligations);
    return obstacle ? { effect: 'deny', because: [obstacle], policyRevision: decision.policyRevision } : decision;
  } catch {
    return undecided;
  }
}

const undecided: Decision = {
  effect: 'deny',
  because: [{ code: 'decision-failed', text: 'the decision could not be made' }],
  policyRevision: 0,
};

/** What lets something through must say so, and on which terms, whatever the types promise. */
function isAnswer(decision: Exclude<Decision, { effect: 'deny' }>): boolean {
  if (!Array.isArray(decision.obligations)) return false;
  return decision.effect === 'permit' || (decision.effect === 'hold' && decision.approval.requirements.length > 0);
}

/** Why the obligations cannot be met honestly for this action; undefined when they can. */
function unperformable(
  context: EnforcementContext,
  action: Action,
  obligations: readonly Obligation[],
): Reason | undefined {
  const masked = new Set<string>();
  for (const obligation of obligations) {
    const object = objectId(maskedObject(obligation));
    const { masks, maskable } = context.capabilities;
    if (!maskable.has(obligation.kind) || !masks.has(obligation.method)) {
      return { code: 'cannot-perform', object, text: `mask ${obligation.method} is not available here` };
    }
    masked.add(object);
  }
  for (const column of action.lineage.usedElsewhere) {
    const id = objectId(column);
    if (masked.has(id)) {
      return {
        code: 'masked-column-used',
        object: id,
        text: `column ${column.column} of ${column.table} is masked and may only be selected, not compared, sorted, grouped or written`,
      };
    }
  }
  if (action.lineage.results.includes('opaque')) {
    return {
      code: 'cannot-perform',
      text: 'the origin of the result cannot be traced, and masked columns are in play',
    };
  }
  return undefined;
}

/**
 * The security sequence: judge, record the judgement, and only then permit, hold or deny. Synchronous. The one way to a
 * Permit besides `awaitApproval`. In phase `prepare` a hold lets the request through, because nothing runs yet: the
 * exchange that executes it is judged again.
 */
export function enforce<Request>(context: EnforcementContext, exchange: Exchange<Request>): Verdict<Request> {
  const decision = decide(context, exchange.action);
  return conclude(context, exchange, decision);
}

/** Refuses what could not even become an Action; recorded like any other decision. */
export function refuse<Request>(context: EnforcementContext, exchange: Exchange<Request>, reason: Reason): Refused {
  const verdict = conclude(context, exchange, { effect: 'deny', because: [reason], policyRevision: 0 });
  if (verdict.kind !== 'deny') throw new Error('a refusal cannot permit');
  return verdict;
}

export function conclude<Request>(
  context: EnforcementContext,
  exchange: Exchange<Request>,
  decision: Decision,
  approvalId?: string,
): Verdict<Request> {
  const id = decisionId(context, exchange.seq);
  const { seq, phase, action, parameters } = exchange;
  try {
    context.recorder.decision({ decisionId: id, seq, phase, action, parameters, decision, approvalId });
  } catch {
    return {
      kind: 'deny',
      decisionId: id,
      because: [{ code: 'recording-failed', text: 'the decision could not be recorded' }],
    };
  }
  if (decision.effect === 'deny') return { kind: 'deny', decisionId: id, because: decision.because };
  if (decision.effect === 'hold' && phase === 'execute') {
    const { approval, policyRevision, because } = decision;
    return { kind: 'hold', decisionId: id, exchange, terms: approval, policyRevision, because };
  }
  const permit = issuePermit(exchange.request, () => context.recorder.flush());
  return { kind: 'permit', decisionId: id, permit, obligations: decision.obligations, approvalId };
}
