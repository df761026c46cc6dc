import type { Action, ApprovalTerms, Decision, Exchange, Obligation, Reason } from '@sallyport/domain';
import { decisionId, maskedObject, objectId } from '@sallyport/domain';
import { issuePermit, type Permit } from './permit.js';
import type { Capabilities, EnforcementContext } from './ports.js';

export interface Permitted<Request> {
  readonly kind: 'permit';
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
  const { unavailable, masked } = asked(obligations, context.capabilities);
  if (unavailable) return unavailable;
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

interface Asked {
  /** Why one of the masks cannot be applied here. */
  readonly unavailable: Reason | undefined;
  /** Ids of what is masked. */
  readonly masked: ReadonlySet<string>;
}

/** By obligations, which a policy hands out again and again, and by whose capabilities they were held against. */
const known = new WeakMap<readonly Obligation[], Asked & { readonly capabilities: Capabilities }>();

function asked(obligations: readonly Obligation[], capabilities: Capabilities): Asked {
  const before = known.get(obligations);
  if (before?.capabilities === capabilities) return before;
  const masked = new Set<string>();
  let unavailable: Reason | undefined;
  for (const obligation of obligations) {
    const object = objectId(maskedObject(obligation));
    masked.add(object);
    if (capabilities.maskable.has(obligation.kind) && capabilities.masks.has(obligation.method)) continue;
    unavailable ??= { code: 'cannot-perform', object, text: `mask ${obligation.method} is not available here` };
  }
  const result = { capabilities, unavailable, masked };
  known.set(obligations, result);
  return result;
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
  const { session, recorder } = context;
  const { seq, phase, action, parameters } = exchange;
  try {
    recorder.decision({ seq, phase, action, parameters, decision, approvalId });
  } catch {
    return {
      kind: 'deny',
      decisionId: decisionId(session.id, seq),
      because: [{ code: 'recording-failed', text: 'the decision could not be recorded' }],
    };
  }
  const { effect, because } = decision;
  if (effect === 'deny') return { kind: 'deny', decisionId: decisionId(session.id, seq), because };
  if (effect === 'hold' && phase === 'execute') {
    const { approval, policyRevision } = decision;
    const id = decisionId(session.id, seq);
    return { kind: 'hold', decisionId: id, exchange, terms: approval, policyRevision, because };
  }
  const permit = issuePermit(exchange.request, recorder);
  return { kind: 'permit', permit, obligations: decision.obligations, approvalId };
}
