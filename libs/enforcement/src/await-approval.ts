import { createHash, randomUUID } from 'node:crypto';
import type { Action, ApprovalTerms, Decision, Exchange, Reason, ReasonCode } from '@sallyport/domain';
import { conclude, decide, type Held, type Permitted, type Refused } from './enforce.js';
import type { ApprovalRequest, EnforcementContext } from './ports.js';

export interface HoldHooks {
  /** The approval exists and a human can see it: tell the client, in the protocol's own way. */
  pending(approval: ApprovalRequest): void;
  /**
   * Reads the request's meaning again, right before release: names may mean something else by now. Undefined when it no
   * longer has one. May take time (a catalog read); a rejection voids.
   */
  reinspect(): Promise<{ readonly action: Action; readonly binding?: string } | undefined>;
  /** Aborted when the client cancels, leaves, or the session ends. */
  readonly signal: AbortSignal;
  /** Upper bound on the wait, below the policy's own; e.g. inside a transaction. Seconds. */
  readonly maxWaitSeconds?: number;
}

/** SHA-256, hex, over the exact request, its parameters, who asks, on what, in which session and state, at which revision. */
export function bindingHash(context: EnforcementContext, exchange: Exchange<unknown>, policyRevision: number): string {
  const { session } = context;
  const bound = [
    ...(exchange.portable ? ['portable'] : [session.id, exchange.seq]),
    `${session.principal.type}::${session.principal.id}`,
    session.credentialId,
    session.resource,
    exchange.action.text,
    exchange.action.fingerprint,
    exchange.parameters ?? null,
    exchange.binding ?? null,
    policyRevision,
  ];
  return createHash('sha256').update(JSON.stringify(bound)).digest('hex');
}

/**
 * Waits for the humans, then goes through the whole sequence again: the meaning is read anew, policy judges anew, the
 * approval is consumed, the release is recorded, and only then is there a Permit. Never throws: whatever fails refuses.
 */
export async function awaitApproval<Request>(
  context: EnforcementContext,
  held: Held<Request>,
  hooks: HoldHooks,
): Promise<Permitted<Request> | Refused> {
  const { exchange, terms } = held;
  const waitSeconds = Math.min(terms.expiresInSeconds, hooks.maxWaitSeconds ?? Infinity);
  const hash = bindingHash(context, exchange, held.policyRevision);
  const request = approvalRequest(context, held, { hash, waitSeconds });
  const no = (code: ReasonCode, text: string): Refused => deny(context, held, request.id, { code, text });
  const timer = new AbortController();
  const progress = { consuming: false };
  const timeout = setTimeout(() => timer.abort(), waitSeconds * 1000);
  try {
    await context.approvals.open(request);
    context.recorder.note('held', { approvalId: request.id, seq: exchange.seq });
    hooks.pending(request);
    const signal = AbortSignal.any([hooks.signal, timer.signal]);
    signal.throwIfAborted();
    const resolution = await context.approvals.resolution(request.id, signal);
    if (resolution.state !== 'approved') return no(...refusalOf(resolution));
    return await release(context, held, request, { ...hooks, consuming: () => (progress.consuming = true) });
  } catch {
    const { approvals } = context;
    // The claim may have arrived although its answer did not: say that nothing ran, so nobody has to wonder.
    if (progress.consuming)
      tell(() => approvals.report(request.id, 'failed', 'the release was not confirmed, so it did not run'));
    if (hooks.signal.aborted) {
      tell(() => approvals.abandon(request.id, 'the client cancelled or left'));
      return no('abandoned', 'the request was cancelled while it waited for approval');
    }
    if (timer.signal.aborted) {
      tell(() => approvals.abandon(request.id, 'nobody decided in time'));
      return no('approval-expired', 'nobody approved the request in time');
    }
    tell(() => approvals.abandon(request.id, 'the approval could not be carried through'));
    return no('approval-void', 'the approval could not be obtained');
  } finally {
    clearTimeout(timeout);
  }
}

export function approvalRequest<Request>(
  context: EnforcementContext,
  { exchange, terms, decisionId, policyRevision, because }: Held<Request>,
  { hash, waitSeconds }: { readonly hash: string; readonly waitSeconds: number },
): ApprovalRequest {
  return {
    id: randomUUID(),
    session: context.session,
    seq: exchange.seq,
    decisionId,
    action: exchange.action,
    parameters: exchange.parameters,
    terms: { ...terms, expiresInSeconds: waitSeconds },
    policyRevision,
    bindingHash: hash,
    reasons: because.flatMap((reason) => reason.text ?? []),
    expiresAt: new Date(Date.now() + waitSeconds * 1000).toISOString(),
    ...(exchange.portable && { portable: true }),
  };
}

/** Goes through the sequence again with an approval in hand. Rejects when it fails on the way; nothing runs then. */
export async function release<Request>(
  context: EnforcementContext,
  held: Held<Request>,
  request: Pick<ApprovalRequest, 'id' | 'terms' | 'bindingHash'>,
  hooks: Pick<HoldHooks, 'reinspect' | 'signal'> & { readonly consuming: () => void },
): Promise<Permitted<Request> | Refused> {
  const { exchange } = held;
  const voided = (text: string): Refused => {
    context.approvals.abandon(request.id, text);
    return deny(context, held, request.id, { code: 'approval-void', text });
  };
  const now = await hooks.reinspect();
  const same =
    now !== undefined &&
    now.action.text === exchange.action.text &&
    now.action.fingerprint === exchange.action.fingerprint &&
    now.binding === exchange.binding;
  if (!same) return voided('what was approved is no longer what would run');
  const before = decideAgain(context, now.action, request.terms);
  if (before.effect === 'deny') {
    context.approvals.abandon(request.id, 'policy denies it by now');
    return deny(context, held, request.id, ...before.because);
  }
  if (hooks.signal.aborted) throw new Error('aborted');
  hooks.consuming();
  if ((await context.approvals.consume(request.id, request.bindingHash)) !== true) {
    return deny(context, held, request.id, {
      code: 'approval-void',
      text: 'the approval was already used or withdrawn',
    });
  }
  if (hooks.signal.aborted) {
    context.approvals.report(request.id, 'failed', 'the client left before it ran');
    return deny(context, held, request.id, { code: 'abandoned', text: 'the request was cancelled before it ran' });
  }
  // The claim took its time: what the approval was released on, a grant or a login, may have ended meanwhile.
  const decision = decideAgain(context, now.action, request.terms);
  if (decision.effect === 'deny') {
    context.approvals.report(request.id, 'failed', 'it never ran: policy denies it by now');
    return deny(context, held, request.id, ...decision.because);
  }
  const permitted: Decision = {
    effect: 'permit',
    obligations: decision.obligations,
    because: [{ code: 'approved' }, ...decision.because],
    policyRevision: decision.policyRevision,
  };
  const verdict = conclude(context, exchange, permitted, request.id);
  if (verdict.kind === 'permit') return verdict;
  context.approvals.report(request.id, 'failed', 'the release could not be recorded');
  return verdict.kind === 'deny' ? verdict : deny(context, held, request.id, { code: 'decision-failed' });
}

/** What policy says at this moment. A hold that these terms do not satisfy denies. */
function decideAgain(context: EnforcementContext, action: Action, granted: ApprovalTerms): Decision {
  const decision = decide(context, action);
  if (decision.effect !== 'hold' || covers(granted, decision.approval)) return decision;
  const because = [{ code: 'approval-void', text: 'policy asks for another approval by now' }] as const;
  return { effect: 'deny', because, policyRevision: decision.policyRevision };
}

/** Records and says that it does not run. */
export function deny<Request>(
  context: EnforcementContext,
  held: Held<Request>,
  approvalId: string,
  ...because: readonly Reason[]
): Refused {
  const decision: Decision = { effect: 'deny', because, policyRevision: held.policyRevision };
  const verdict = conclude(context, held.exchange, decision, approvalId);
  return verdict.kind === 'deny' ? verdict : { kind: 'deny', decisionId: held.decisionId, because };
}

/** That the other side cannot be told keeps nobody from being refused. */
export function tell(say: () => void): void {
  try {
    say();
  } catch {
    // The control plane ends what it hears nothing of.
  }
}

export function refusalOf(resolution: { readonly state: string; readonly comment?: string }): [ReasonCode, string] {
  switch (resolution.state) {
    case 'denied':
      return [
        'approval-denied',
        resolution.comment ? `a reviewer denied it: ${resolution.comment}` : 'a reviewer denied it',
      ];
    case 'expired':
      return ['approval-expired', 'nobody approved the request in time'];
    case 'abandoned':
      return ['abandoned', 'the request was cancelled while it waited for approval'];
    default:
      return ['approval-void', 'the approval is no longer valid'];
  }
}

/** True when what was granted satisfies what policy asks for now. */
function covers(granted: ApprovalTerms, asked: ApprovalTerms): boolean {
  return asked.requirements.every((need) =>
    granted.requirements.some(
      (had) => had.quorum >= need.quorum && had.groups.every((group) => need.groups.includes(group)),
    ),
  );
}
