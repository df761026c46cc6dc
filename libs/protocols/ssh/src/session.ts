import type { Action, Reason } from '@sallyport/domain';
import {
  awaitApproval,
  enforce,
  refuse,
  stillPermitted,
  type ApprovalOutcome,
  type ApprovalRequest,
  type EnforcementContext,
  type GatewayHost,
  type LiveSession,
  type Permitted,
  type Refused,
  type ResourceBinding,
} from '@sallyport/enforcement';
import { capabilities } from './capabilities.js';
import { sessionCopyBudget } from './channels/files/copy-budget.js';
import { ExchangeLog } from './exchange-log.js';
import type { Scene } from './inspect.js';
import type { Upstream } from './target/upstream.js';

/** While something runs, policy is asked so often whether it still may. Milliseconds. */
const askAgainMs = 1000;

/** One request to judge, with what has to be the same when an approval releases it. */
export interface Request<T> {
  readonly request: T;
  readonly action: Action;
  readonly binding?: string;
  /** `prepare`: nothing runs yet, so a hold lets it through. */
  readonly phase?: 'prepare' | 'execute';
  /** What it yields cannot be masked here: where policy asks for that, it is denied. */
  readonly opaque?: boolean;
}

export interface HoldHooks {
  pending(approval: ApprovalRequest): void;
  readonly signal: AbortSignal;
  readonly maxWaitSeconds?: number;
}

/** Something that was let through and is not over. */
export interface Running {
  readonly seq: number;
  readonly action: Action;
  readonly verdict: Permitted<unknown>;
  /** It may not go on: end it, and say so. */
  cut(text: string): void;
}

export interface SessionParts {
  readonly host: GatewayHost;
  readonly live: LiveSession;
  readonly binding: ResourceBinding;
  readonly scene: Scene;
  /** Ends the client's connection with these last words. */
  readonly hangUp: (text: string) => void;
}

/** One client's session with one target: numbers its requests, has them judged, and ends all of them together. */
export class SshSession {
  readonly context: EnforcementContext;
  readonly log: ExchangeLog;
  readonly host: GatewayHost;
  readonly binding: ResourceBinding;
  readonly scene: Scene;
  /** Room for what its file transfers hold in memory. */
  readonly copies = sessionCopyBudget();
  readonly #over = new AbortController();
  readonly #running = new Set<Running>();
  #upstream: Upstream | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastSeq = 0;

  constructor(private readonly parts: SessionParts) {
    const { info, policy, recorder, approvals } = parts.live;
    this.context = { session: info, policy, recorder, approvals, capabilities };
    this.log = new ExchangeLog(recorder);
    this.host = parts.host;
    this.binding = parts.binding;
    this.scene = parts.scene;
  }

  /** Aborted when the session ends. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get upstream(): Upstream {
    if (!this.#upstream) throw new Error('the session has no target yet');
    return this.#upstream;
  }

  /** From here on the two connections end together. */
  attach(upstream: Upstream): void {
    if (this.over.aborted) return upstream.close();
    this.#upstream = upstream;
    upstream.onClosed(() => this.end('the connection to the target was lost'));
  }

  nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  /** Judges, and waits for people where policy asks for them. Never rejects. */
  async judge<T>(seq: number, asked: Request<T>, hooks: HoldHooks): Promise<Permitted<T> | Refused> {
    const { phase = 'execute', opaque, request, action, binding } = asked;
    const context = opaque ? { ...this.context, capabilities: nothingMaskable } : this.context;
    const verdict = enforce(context, { seq, phase, request, action, binding });
    if (verdict.kind !== 'hold') return verdict;
    return awaitApproval(context, verdict, {
      pending: (approval) => hooks.pending(approval),
      maxWaitSeconds: hooks.maxWaitSeconds,
      reinspect: () => Promise.resolve({ action, binding }),
      signal: AbortSignal.any([hooks.signal, this.over]),
    });
  }

  /** What is never let through, whatever policy says; recorded like any other decision. */
  refuse(seq: number, action: Action, reason: Reason): Refused {
    return refuse(this.context, { seq, phase: 'execute', request: action, action }, reason);
  }

  /** Asks policy again and again while it runs. @returns to be called when it is over */
  watch(running: Running): (completion: string, outcome: ApprovalOutcome) => void {
    this.#running.add(running);
    this.#timer ??= setInterval(() => this.#askAgain(), askAgainMs).unref();
    return (completion, outcome) => {
      if (!this.#running.delete(running)) return;
      this.settle(running.seq, running.verdict, completion, outcome);
    };
  }

  /** Says what became of something that was let through. */
  settle(seq: number, verdict: Permitted<unknown>, completion: string, outcome: ApprovalOutcome): void {
    try {
      this.log.outcome(seq, completion);
    } catch (error) {
      this.host.log('error', 'an outcome could not be recorded', {
        session: this.context.session.id,
        reason: textOf(error),
      });
    }
    if (verdict.approvalId) this.context.approvals.report(verdict.approvalId, outcome, completion);
  }

  /** Does what records or forwards; when that fails, nothing more of this session moves. */
  guard(act: () => void): void {
    if (this.over.aborted) return;
    try {
      act();
    } catch (error) {
      this.host.log('error', 'an exchange could not be carried on', {
        session: this.context.session.id,
        reason: textOf(error),
      });
      this.end('the session could not be recorded');
    }
  }

  /** Ends everything, both sides. Idempotent. */
  end(reason: string): void {
    if (this.over.aborted) return;
    this.#over.abort();
    clearInterval(this.#timer);
    for (const { seq, verdict } of this.#running) this.settle(seq, verdict, 'cut off', 'unknown');
    this.#running.clear();
    this.parts.hangUp(reason);
    this.#upstream?.close();
    this.parts.live.close(reason);
  }

  #askAgain(): void {
    for (const running of [...this.#running]) {
      const { action, verdict } = running;
      const still = stillPermitted(this.context, {
        action,
        obligations: verdict.obligations,
        approvalId: verdict.approvalId,
      });
      if (!still) running.cut('access was withdrawn while it ran');
    }
  }
}

const nothingMaskable = { maskable: new Set<never>(), masks: new Set<never>() };

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
