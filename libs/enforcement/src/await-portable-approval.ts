import { approvalRequest, bindingHash, deny, refusalOf, release, tell, type HoldHooks } from './await-approval.js';
import type { Held, Permitted, Refused } from './enforce.js';
import type { ApprovalResolution, EnforcementContext, KnownApproval } from './ports.js';

/** People have not decided yet. The same request, sent again, asks for the same approval. */
export interface StillPending {
  readonly kind: 'pending';
  readonly approvalId: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

export interface PortableHooks extends Pick<HoldHooks, 'reinspect' | 'signal'> {
  /** How long this request waits here before the client is told to come back. Seconds. */
  readonly waitSeconds: number;
  /** Named by the client. Absent: the approval of the same request, if there is one, or a new one. */
  readonly approvalId?: string;
}

/** What becomes of an approval between this request and the next. */
interface Asked extends Pick<KnownApproval, 'id' | 'terms' | 'bindingHash' | 'expiresAt'> {
  /** The client has heard of it before and may come back. */
  readonly known: boolean;
  readonly resolution: ApprovalResolution | undefined;
}

/**
 * For clients that cannot wait for hours in one request: waits a while, and else lets the client come back. The request is
 * held to what was asked for by its binding hash, so nothing but the same request of the same credential profits from the
 * approval, once. Never throws: whatever fails refuses.
 */
export async function awaitPortableApproval<Request>(
  context: EnforcementContext,
  held: Held<Request>,
  hooks: PortableHooks,
): Promise<Permitted<Request> | Refused | StillPending> {
  const no = (id: string, text: string): Refused => deny(context, held, id, { code: 'approval-void', text });
  let asked: Asked | undefined;
  const progress = { consuming: false };
  try {
    asked = await findOrOpen(context, held, hooks);
    if (!asked) return no(hooks.approvalId ?? '', 'there is no such approval for this request');
    const { id } = asked;
    const resolution = asked.resolution ?? (await waitFor(context, id, hooks));
    if (!resolution) return { kind: 'pending', approvalId: id, expiresAt: asked.expiresAt };
    if (resolution.state !== 'approved') {
      const [code, text] = refusalOf(resolution);
      return deny(context, held, id, { code, text });
    }
    return await release(context, held, asked, { ...hooks, consuming: () => (progress.consuming = true) });
  } catch {
    if (!asked) return no('', 'the approval could not be obtained');
    const { id, known } = asked;
    const { approvals } = context;
    if (progress.consuming) {
      tell(() => approvals.report(id, 'failed', 'the release was not confirmed, so it did not run'));
      return no(id, 'the approval could not be carried through');
    }
    if (hooks.signal.aborted) {
      // Whoever was never told of it cannot come back for it.
      if (!known) tell(() => approvals.abandon(id, 'the client cancelled or left'));
      return deny(context, held, id, {
        code: 'abandoned',
        text: 'the request was cancelled while it waited for approval',
      });
    }
    return no(id, 'the approval could not be obtained');
  }
}

async function findOrOpen<Request>(
  context: EnforcementContext,
  held: Held<Request>,
  { approvalId }: PortableHooks,
): Promise<Asked | undefined> {
  const hash = bindingHash(context, held.exchange, held.policyRevision);
  const found = await context.approvals.find({
    bindingHash: hash,
    ...(approvalId !== undefined && { id: approvalId }),
  });
  if (found) return found.bindingHash === hash ? { ...found, known: true, resolution: resolutionOf(found) } : undefined;
  if (approvalId !== undefined) return undefined;
  const request = approvalRequest(context, held, { hash, waitSeconds: held.terms.expiresInSeconds });
  await context.approvals.open(request);
  context.recorder.note('held', { approvalId: request.id, seq: held.exchange.seq });
  return { ...request, known: false, resolution: undefined };
}

/** Undefined: people have not spoken within the time. */
async function waitFor(
  context: EnforcementContext,
  id: string,
  { waitSeconds, signal }: PortableHooks,
): Promise<ApprovalResolution | undefined> {
  const patience = AbortSignal.timeout(waitSeconds * 1000);
  try {
    return await context.approvals.resolution(id, AbortSignal.any([signal, patience]));
  } catch (error) {
    if (patience.aborted && !signal.aborted) return undefined;
    throw error;
  }
}

function resolutionOf({ state, comment }: KnownApproval): ApprovalResolution | undefined {
  switch (state) {
    case 'pending':
      return undefined;
    case 'denied':
      return { state, ...(comment !== undefined && { comment }) };
    case 'consumed':
      return { state: 'void' };
    default:
      return { state };
  }
}
