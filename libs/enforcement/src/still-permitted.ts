import type { Action, Obligation } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import { decide } from './enforce.js';
import type { EnforcementContext } from './ports.js';

/** A request that was let through and is not over: its data still moves. */
export interface Running {
  readonly action: Action;
  /** What is performed on it. */
  readonly obligations: readonly Obligation[];
  /** Set when people let it through. */
  readonly approvalId?: string | undefined;
}

/**
 * Whether policy would let it run now as it runs: data can move for hours after a grant or a login has ended. An approval
 * once given is not asked for again; what needed none and would need one by now is not permitted any more.
 */
export function stillPermitted(context: EnforcementContext, running: Running): boolean {
  const decision = decide(context, running.action);
  // What runs while policy grows too old gets the time that sessions are given for that; then they all end.
  if (decision.effect === 'deny' && decision.because[0]?.code === 'policy-stale') return true;
  if (decision.effect === 'deny' || (decision.effect === 'hold' && running.approvalId === undefined)) return false;
  return decision.obligations.every((needed) =>
    running.obligations.some(
      (done) => done.method === needed.method && objectId(maskedObject(done)) === objectId(maskedObject(needed)),
    ),
  );
}
