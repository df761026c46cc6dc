import { awaitApproval, type Held, type Permitted, type Refused } from '@sallyport/enforcement';
import { bindingOf, type Circumstances } from './inspect.js';
import { holdNotice } from './refuse.js';
import type { Understood } from './replies.js';
import type { RequestSide } from './request-side.js';
import { resynchronise } from './resynchronise.js';
import type { SessionCore } from './session-core.js';

/** One request that waits for people. Nothing behind it is looked at meanwhile. */
export class HeldRequest {
  readonly #abort = new AbortController();

  constructor(
    private readonly core: SessionCore,
    private readonly side: RequestSide,
    private readonly held: Held<Buffer>,
    /** Reads its meaning again. */
    private readonly read: () => Understood | undefined,
    private readonly released: (verdict: Permitted<Buffer> | Refused) => void,
    private readonly circumstances: Circumstances = {},
  ) {}

  abandon(): void {
    this.#abort.abort();
  }

  async wait(): Promise<void> {
    const { core } = this;
    const { state, host } = core;
    const inTransaction = state.inBlock || state.groupExecuted || core.replies.length > 0;
    const verdict = await awaitApproval(core.context, this.held, {
      pending: (approval) => core.toClient(holdNotice(approval)),
      reinspect: () => this.#readAgain(),
      signal: this.#abort.signal,
      ...(inTransaction && { maxWaitSeconds: host.limits.maxHoldInTransactionSeconds }),
    });
    if (core.closed) {
      if (verdict.kind === 'permit' && verdict.approvalId) {
        core.context.approvals.report(verdict.approvalId, 'failed', 'the session ended before it ran');
      }
      return;
    }
    // What came before it in its group failed: the server would skip it, and so does the gateway.
    if (this.side.discarding && verdict.kind === 'deny') return;
    this.released(verdict);
  }

  /** What the text means at this moment, by a catalog read after the approval. */
  async #readAgain(): Promise<{ action: Held<Buffer>['exchange']['action']; binding: string } | undefined> {
    const { core } = this;
    await this.side.drained();
    if (this.side.discarding) return undefined;
    if (core.state.status !== 'E') {
      if (core.state.ownView) core.state.catalogStale = true;
      await resynchronise(core);
    }
    const inspection = this.read();
    if (!inspection || this.side.judgement.obstacle(inspection.statements)) return undefined;
    return { action: inspection.action, binding: bindingOf(inspection.statements, core.state, this.circumstances) };
  }
}
