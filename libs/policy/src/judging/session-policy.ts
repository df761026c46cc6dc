import type { Action, Decision, Effect, Reason } from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import { decisionOf } from './decision-of.js';
import { masksFor } from './obligations.js';
import type { Finding } from './request-judge.js';
import { RequestJudge } from './request-judge.js';
import type { SessionFacts } from './request-context.js';
import { RequestContext } from './request-context.js';
import type { SessionScope } from './session-scope.js';

export interface EffectExplanation {
  /** Whose judgement it is, where a request is judged for two. As in `User::alice`. */
  readonly principal?: string;
  readonly verb: string;
  readonly object: string;
  readonly columns?: readonly string[];
  readonly verdict: 'permit' | 'hold' | 'deny';
  /** What decided, and on which object; policies only where one did. */
  readonly findings: readonly {
    readonly object: string;
    readonly code: string;
    readonly policies: readonly string[];
  }[];
  /** Cedar's own words. */
  readonly errors: readonly { readonly policy: string; readonly message: string }[];
}
export interface Explanation {
  readonly decision: Decision;
  /** Empty where the request could not be judged at all. */
  readonly effects: readonly EffectExplanation[];
}

/** The revision a session policy belongs to. */
export interface RevisionState {
  readonly revision: number;
  retired: boolean;
}

/** Judges one session's requests under one revision; a PolicyPort. Never throws: what fails denies. */
export interface SessionJudge {
  judge(action: Action): Decision;
  /** The decision with how each effect fared. Judges anew. */
  explain(action: Action): Explanation;
}

/** The judge for one principal. */
export class SessionPolicy implements SessionJudge {
  constructor(
    readonly state: RevisionState,
    readonly scope: SessionScope | undefined,
    readonly facts: SessionFacts,
    readonly now: () => Date,
  ) {}

  judge(action: Action): Decision {
    if (this.state.retired || this.scope === undefined) return this.#cannotJudge();
    try {
      return this.#judgeOnce(this.scope, action);
    } catch {
      return this.#deny({ code: 'decision-failed', text: 'the decision could not be made' });
    }
  }

  explain(action: Action): Explanation {
    if (this.state.retired || this.scope === undefined) return { decision: this.#cannotJudge(), effects: [] };
    try {
      return this.#explainOnce(this.scope, action);
    } catch {
      const decision = this.#deny({ code: 'decision-failed', text: 'the decision could not be made' });
      return { decision, effects: [] };
    }
  }

  #judgeOnce(scope: SessionScope, action: Action): Decision {
    this.#assertOwn(scope, action);
    const known = scope.kept(action);
    if (known) return known;
    const judge = new RequestJudge(scope, new RequestContext(this.facts, action, scope.language, this.now()));
    const decision = this.#decide(
      judge,
      action,
      action.effects.flatMap((effect) => judge.effect(effect)),
    );
    if (!judge.readsClock) scope.keep(action, decision);
    return decision;
  }

  #explainOnce(scope: SessionScope, action: Action): Explanation {
    this.#assertOwn(scope, action);
    const judge = new RequestJudge(scope, new RequestContext(this.facts, action, scope.language, this.now()));
    const judged = action.effects.map((effect) => ({ effect, findings: judge.effect(effect) }));
    const decision = this.#decide(
      judge,
      action,
      judged.flatMap(({ findings }) => findings),
    );
    return { decision, effects: judged.map(({ effect, findings }) => explanationOf(effect, findings)) };
  }

  #decide(judge: RequestJudge, action: Action, findings: readonly Finding[]): Decision {
    const { revision } = this.state;
    if (findings.some(({ verdict }) => verdict.kind === 'deny')) return decisionOf(findings, [], revision);
    const masks = masksFor(action, judge);
    return masks.ok ? decisionOf(findings, masks.obligations, revision) : decisionOf(masks.findings, [], revision);
  }

  /** A request without effects, of another protocol or on another resource is a mistake of whoever made it. */
  #assertOwn(scope: SessionScope, action: Action): void {
    const { name } = scope.resource.resource;
    if (action.protocol !== this.facts.protocol) throw new Error('the request is of another protocol');
    if (action.effects.length === 0) throw new Error('the request has no effects to judge');
    if (action.effects.some(({ object }) => object.resource !== name))
      throw new Error('the request is on another resource');
  }

  #cannotJudge(): Decision {
    return this.state.retired
      ? this.#deny({ code: 'policy-stale', text: 'the policy is no longer in force' })
      : this.#deny({ code: 'decision-failed', text: 'the resource is not known' });
  }

  #deny(reason: Reason): Decision {
    return { effect: 'deny', because: [reason], policyRevision: this.state.revision };
  }
}

function explanationOf({ verb, object, columns }: Effect, findings: readonly Finding[]): EffectExplanation {
  return {
    verb,
    object: objectId(object),
    ...(columns ? { columns } : {}),
    verdict: findings[0]!.verdict.kind,
    findings: findings.map(({ object: on, verdict }) => ({
      object: on,
      code: verdict.kind === 'deny' ? verdict.code : verdict.kind === 'hold' ? 'needs-approval' : 'permitted',
      policies: verdict.by.map(({ label }) => label),
    })),
    errors: findings.flatMap(({ errors }) =>
      errors.map(({ statement, message }) => ({ policy: statement.label, message })),
    ),
  };
}
