import type { Permitted } from '@sallyport/enforcement';
import { EncodingError, readQuery } from './codec.js';
import { HeldRequest } from './held-request.js';
import { obstacleOf, type Obstacle } from './judgement.js';
import { Reply, type Understood } from './replies.js';
import type { RequestSide } from './request-side.js';
import { refusedQuery } from './requests.js';
import { refusalMessage } from './refuse.js';
import type { SessionCore } from './session-core.js';

/** Query: one text, judged as a whole, refused as a whole. And FunctionCall, which is always refused. */
export class SimpleRequests {
  constructor(
    private readonly core: SessionCore,
    private readonly side: RequestSide,
  ) {}

  query(message: Buffer): boolean {
    const { judgement } = this.side;
    if (!judgement.ready()) return false;
    let text: string;
    try {
      text = readQuery(message);
    } catch (error) {
      if (!(error instanceof EncodingError)) throw error;
      const obstacle: Obstacle = {
        reason: { code: 'unparsable', text: error.message },
        native: { sqlState: '22021' },
      };
      return this.#refuse('', message, obstacle);
    }
    const inspection = judgement.inspect(text);
    if (!inspection) return false;
    if (!inspection.ok) return this.#refuse(text, message, obstacleOf(inspection));
    if (!judgement.settled(inspection.statements)) return false;
    const obstacle = judgement.obstacle(inspection.statements);
    if (obstacle) return this.#refuse(text, message, obstacle);
    return this.#judge(text, message, inspection);
  }

  /** The fast path calls a function by its oid: nothing about it can be read from a text. */
  functionCall(message: Buffer): boolean {
    const reason = { code: 'unsupported', text: 'function calls by oid are not supported' } as const;
    return this.#refuse('', message, { reason });
  }

  #judge(text: string, message: Buffer, inspection: Understood): boolean {
    const { judgement } = this.side;
    const verdict = judgement.judge('execute', message, inspection);
    const seq = this.core.lastSeq;
    if (verdict.kind === 'permit') this.#permitted(text, seq, inspection, verdict);
    else if (verdict.kind === 'deny') this.#poison(refusalMessage(verdict));
    else {
      const read = (): Understood | undefined => {
        const view = this.core.view();
        const again = view && this.core.inspector.inspect(text, view.catalog, this.core.state);
        return again?.ok ? again : undefined;
      };
      const held = new HeldRequest(this.core, this.side, verdict, read, (released) => {
        if (released.kind === 'permit') this.#permitted(text, seq, inspection, released);
        else this.#poison(refusalMessage(released));
      });
      this.side.hold(held);
    }
    return true;
  }

  #permitted(text: string, seq: number, inspection: Understood, verdict: Permitted<Buffer>): void {
    const reply = new Reply('query');
    reply.unit = this.side.judgement.unit(seq, text, inspection, verdict);
    this.#send(verdict.permit, reply);
  }

  #refuse(text: string, message: Buffer, obstacle: Obstacle): boolean {
    this.#poison(this.side.judgement.refuse('query', text, message, obstacle));
    return true;
  }

  #poison(refusal: Buffer): void {
    const reply = new Reply('query');
    reply.refusal = refusal;
    this.#send(refusedQuery, reply);
  }

  /**
   * A simple query drops the unnamed statement and portal, and nothing predicted before it holds after it. The implicit
   * transaction of an open group may go on until Sync: ReadyForQuery tells.
   */
  #send(request: Parameters<RequestSide['send']>[0], reply: Reply): void {
    const { state } = this.core;
    state.statements.sent('', undefined);
    state.portals.sent('', undefined);
    state.statements.endGroup();
    state.portals.endGroup();
    this.side.send(request, reply);
  }
}
