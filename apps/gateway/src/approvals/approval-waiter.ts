import { objectId } from '@sallyport/domain';
import type {
  ApprovalOutcome,
  ApprovalPort,
  ApprovalRequest,
  ApprovalResolution,
  KnownApproval,
} from '@sallyport/enforcement';
import type { ToControlPlane, ToGateway } from '@sallyport/gateway-contract';
import type { ControlPlaneLink } from '../link/control-plane-link.js';
import { LinkError } from '../link/link-error.js';
import type { Logger } from '../logger.js';
import { copyPrincipal } from '../sessions/session-reporter.js';
import type { ApprovalJournal, ApprovalReport } from './approval-journal.js';

type Resolved = ToGateway['approval.resolved'];

interface Waiting {
  /** Undefined: it is portable, no session ends it. */
  readonly sessionId: string | undefined;
  state: 'pending' | 'resolved' | 'claiming' | 'consumed';
  resolution: ApprovalResolution | undefined;
  settle: ((resolution: ApprovalResolution) => void) | undefined;
  /** The session ended while the claim was on its way. */
  sessionEnded: boolean;
  /** Whatever becomes of it, it is of no use after. Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const retryMs = 5000;

/** Carries held exchanges to the control plane and its word back. Whatever is uncertain is not consumed, and is reported. */
export class ApprovalWaiter implements ApprovalPort {
  readonly #waiting = new Map<string, Waiting>();
  readonly #sending = new Set<string>();
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly link: Pick<ControlPlaneLink, 'request' | 'connected'>,
    private readonly journal: ApprovalJournal,
    private readonly log: Logger,
  ) {}

  /** Exchanges that wait for people now. */
  get pending(): number {
    return this.#waiting.size;
  }

  async open(request: ApprovalRequest): Promise<void> {
    this.#waiting.set(request.id, waitingFor(request.portable ? undefined : request.session.id, request.expiresAt));
    await this.link.request('exchange.held', heldBody(request));
  }

  async find({ bindingHash, id }: Parameters<ApprovalPort['find']>[0]): Promise<KnownApproval | undefined> {
    this.#forgetExpired();
    const body = { bindingHash, ...(id !== undefined && { approvalId: id }) };
    const { approval } = await this.link.request('approval.find', body);
    if (!approval) return undefined;
    this.#adopt(approval);
    return approval;
  }

  resolution(id: string, signal: AbortSignal): Promise<ApprovalResolution> {
    const waiting = this.#waiting.get(id);
    if (!waiting) return Promise.reject(new Error('there is no such approval'));
    if (waiting.resolution) {
      this.#forgetUnlessApproved(id, waiting.resolution);
      return Promise.resolve(waiting.resolution);
    }
    if (signal.aborted) return Promise.reject(new Error('aborted'));
    return new Promise((resolve, reject) => {
      const others = waiting.settle;
      let waits = true;
      signal.addEventListener('abort', () => ((waits = false), reject(new Error('aborted'))), { once: true });
      // Of a portable approval several requests may wait for the word; only one of them can use it.
      waiting.settle = (resolution) => {
        if (waits) resolve(resolution);
        others?.(resolution);
      };
    });
  }

  /** The control plane's word, pushed or told at hello. The first one counts. */
  resolved({ approvalId, state, comment }: Resolved): void {
    const waiting = this.#waiting.get(approvalId);
    if (waiting?.state !== 'pending') return;
    const resolution: ApprovalResolution =
      state === 'denied' ? { state, ...(comment !== undefined && { comment }) } : { state };
    waiting.resolution = resolution;
    waiting.state = 'resolved';
    // It may come before anybody asks: then it is kept until somebody does.
    if (!waiting.settle) return;
    this.#forgetUnlessApproved(approvalId, resolution);
    waiting.settle(resolution);
    waiting.settle = undefined;
  }

  async consume(id: string, bindingHash: string): Promise<boolean> {
    const waiting = this.#waiting.get(id);
    if (waiting?.state !== 'resolved' || waiting.resolution?.state !== 'approved') return false;
    waiting.state = 'claiming';
    this.journal.claim(id);
    let consumed: boolean;
    try {
      ({ consumed } = await this.link.request('approval.consume', { approvalId: id, bindingHash }));
    } catch (error) {
      // Whether the claim arrived is unknown, so the request is not run, now or later, and that is what is reported.
      this.#settle({ op: 'outcome', id, outcome: 'failed', detail: 'it never ran: the claim was not confirmed' });
      throw error;
    }
    if (!consumed) {
      this.#waiting.delete(id);
      this.journal.done(id);
      return false;
    }
    if (waiting.sessionEnded) {
      this.#settle({ op: 'outcome', id, outcome: 'failed', detail: 'it never ran: the session had ended' });
      return false;
    }
    waiting.state = 'consumed';
    return true;
  }

  abandon(id: string, reason: string): void {
    const waiting = this.#waiting.get(id);
    // Of a portable approval several requests may know. Once one of them has used it, only that one has a word to say.
    if (!waiting || waiting.state === 'claiming' || waiting.state === 'consumed') return;
    this.#settle({ op: 'abandon', id, reason });
  }

  report(id: string, outcome: ApprovalOutcome, detail: string): void {
    if (this.#waiting.get(id)?.state === 'consumed') this.#settle({ op: 'outcome', id, outcome, detail });
  }

  /** Nobody will report on what this session had in hand. */
  sessionEnded(sessionId: string): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.sessionId !== sessionId) continue;
      if (waiting.state === 'claiming') waiting.sessionEnded = true;
      else if (waiting.state !== 'consumed') {
        this.abandon(id, 'the session ended');
        waiting.settle?.({ state: 'abandoned' });
      } else this.report(id, 'unknown', 'the session ended before the outcome was known');
    }
  }

  /** The link is up: says what could not be said. */
  resume(): void {
    if (this.#stopped || !this.link.connected) return;
    for (const report of this.journal.reports) if (!this.#sending.has(report.id)) void this.#deliver(report);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.journal.close();
  }

  /** What another gateway, or an earlier process, asked for. */
  #adopt({ id, state, expiresAt }: KnownApproval): void {
    const known = this.#waiting.get(id);
    if (state === 'pending') {
      if (!known) this.#waiting.set(id, waitingFor(undefined, expiresAt));
    } else if (state === 'approved') {
      const waiting = known ?? waitingFor(undefined, expiresAt);
      if (waiting.state === 'pending') Object.assign(waiting, { state: 'resolved', resolution: { state } });
      this.#waiting.set(id, waiting);
    }
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [id, { sessionId, state, settle, expiresAt }] of this.#waiting) {
      const unused = state === 'pending' || state === 'resolved';
      if (sessionId === undefined && unused && !settle && expiresAt < now) this.#waiting.delete(id);
    }
  }

  #forgetUnlessApproved(id: string, resolution: ApprovalResolution): void {
    if (resolution.state !== 'approved') this.#waiting.delete(id);
  }

  #settle(report: ApprovalReport): void {
    this.#waiting.delete(report.id);
    try {
      this.journal.keep(report);
    } catch (error) {
      this.log.error({ approvalId: report.id, error: (error as Error).message }, 'a report could not be kept on disk');
    }
    this.resume();
  }

  #say(report: ApprovalReport): Promise<unknown> {
    const approvalId = report.id;
    return report.op === 'outcome'
      ? this.link.request('approval.outcome', { approvalId, outcome: report.outcome, detail: report.detail })
      : this.link.request('approval.abandon', { approvalId, reason: report.reason });
  }

  async #deliver(report: ApprovalReport): Promise<void> {
    this.#sending.add(report.id);
    try {
      await this.#say(report).catch((error: unknown) => {
        // A refusal is final: it will not be another one next time.
        if (!(error instanceof LinkError && error.final)) throw error;
        this.log.warn({ approvalId: report.id, error: error.message }, 'the control plane refused a report');
      });
      if (!this.#stopped) this.journal.done(report.id);
    } catch {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.resume(), retryMs);
      this.#retry.unref();
    } finally {
      this.#sending.delete(report.id);
    }
  }
}

function waitingFor(sessionId: string | undefined, expiresAt: string): Waiting {
  return {
    sessionId,
    state: 'pending',
    resolution: undefined,
    settle: undefined,
    sessionEnded: false,
    expiresAt: Date.parse(expiresAt),
  };
}

function heldBody(request: ApprovalRequest): ToControlPlane['exchange.held'] {
  const { id, session, seq, decisionId, action, parameters, terms, policyRevision, bindingHash, reasons, expiresAt } =
    request;
  return {
    id,
    session: { ...session, principal: copyPrincipal(session) },
    seq,
    decisionId,
    kind: action.kind,
    text: action.text,
    ...(parameters && { parameters: [...parameters] }),
    effects: action.effects.map((effect) => ({ verb: effect.verb, object: objectId(effect.object) })),
    terms: {
      requirements: terms.requirements.map(({ groups, quorum }) => ({ groups: [...groups], quorum })),
      expiresInSeconds: terms.expiresInSeconds,
    },
    policyRevision,
    bindingHash,
    reasons: [...reasons],
    expiresAt,
    ...(request.portable && { portable: true }),
  };
}
