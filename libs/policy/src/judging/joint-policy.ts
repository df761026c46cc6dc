import type { Action, Decision, Obligation, Reason } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import { unitedTerms } from './approval-terms.js';
import { stricterMask } from './entities.js';
import type { Explanation, SessionJudge } from './session-policy.js';

interface Party {
  /** As in `User::alice`. */
  readonly ref: string;
  readonly policy: SessionJudge;
}

/** The judge of a session in which one principal acts for another: what happens must be permitted to both. */
export class JointPolicy implements SessionJudge {
  /** Decisions of either are kept where they can be; so are the joint ones, by the pair. */
  readonly #kept = new WeakMap<Decision, { readonly other: Decision; readonly joint: Decision }>();

  constructor(
    private readonly actor: Party,
    private readonly person: Party,
  ) {}

  judge(action: Action): Decision {
    const own = this.actor.policy.judge(action);
    const other = this.person.policy.judge(action);
    const kept = this.#kept.get(own);
    if (kept?.other === other) return kept.joint;
    const joint = jointDecision(own, other);
    this.#kept.set(own, { other, joint });
    return joint;
  }

  /** How each effect fared with each of the two. */
  explain(action: Action): Explanation {
    const parts = [this.actor, this.person].map(({ ref, policy }) => ({ ref, ...policy.explain(action) }));
    return {
      decision: jointDecision(parts[0]!.decision, parts[1]!.decision),
      effects: parts.flatMap(({ ref, effects }) => effects.map((effect) => ({ ...effect, principal: ref }))),
    };
  }
}

/** The strictest wins, and only it is explained; obligations and approvals of both bind. */
export function jointDecision(a: Decision, b: Decision): Decision {
  const policyRevision = Math.min(a.policyRevision, b.policyRevision);
  const because = (effect: Decision['effect']): Reason[] =>
    distinct([a, b].flatMap((decision) => (decision.effect === effect ? decision.because : [])));
  if (a.effect === 'permit' && b.effect === 'permit') {
    const obligations = unitedObligations(a.obligations, b.obligations);
    return { effect: 'permit', obligations, because: because('permit'), policyRevision };
  }
  if (a.effect !== 'deny' && b.effect !== 'deny') {
    const approval = unitedTerms([a, b].flatMap((decision) => (decision.effect === 'hold' ? decision.approval : [])));
    const obligations = unitedObligations(a.obligations, b.obligations);
    return { effect: 'hold', approval, obligations, because: because('hold'), policyRevision };
  }
  return { effect: 'deny', because: because('deny'), policyRevision };
}

/** Every mask of either; where both mask a column, the one that hides more. */
function unitedObligations(a: readonly Obligation[], b: readonly Obligation[]): Obligation[] {
  const masks = new Map<string, Obligation>();
  for (const mask of [...a, ...b]) {
    const id = `${mask.kind} ${objectId(maskedObject(mask))}`;
    const before = masks.get(id);
    masks.set(id, before ? { ...before, method: stricterMask(before.method, mask.method) } : mask);
  }
  return [...masks.values()];
}

function distinct(reasons: readonly Reason[]): Reason[] {
  return [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
}
