import type { Reason } from '@sallyport/domain';
import { enforce, refuse, type Verdict } from '@sallyport/enforcement';
import type { Inspection, StatementInspection } from '@sallyport/sql';
import { SqlExchange, meaninglessAction, type Circumstances } from './inspect.js';
import { refusalMessage, type NativeError } from './refuse.js';
import { Unit, type Understood } from './replies.js';
import { resynchronise } from './resynchronise.js';
import type { SessionCore } from './session-core.js';
import { changesMeaning } from './session-state.js';

/** What a request side can do while it cannot go on. */
export interface Waiting {
  /** Until everything sent so far has been answered. */
  forReplies(): void;
  forTask(task: Promise<unknown>): void;
}

/** Why a request is refused before policy is asked. */
export interface Obstacle {
  readonly reason: Reason;
  readonly native?: NativeError;
}

type NotUnderstood = Extract<Inspection, { ok: false }>;
const missingStates = { relation: '42P01', column: '42703', function: '42883' } as const;

/** From a text to a verdict, under what the session and the catalog mean right now. */
export class Judgement {
  /** A text that names something unknown has had the catalog read again for it. */
  #retried = false;

  constructor(
    private readonly core: SessionCore,
    private readonly waiting: Waiting,
  ) {}

  /**
   * True when names mean what the gateway thinks they mean. Otherwise a wait has begun, and the request must be looked at
   * again after it.
   */
  ready(): boolean {
    const { replies, state, source } = this.core;
    if (state.ownView && state.ownViewBase !== source.current()) state.catalogStale = true;
    if (replies.changing > 0 || (state.stale && replies.length > 0)) {
      this.waiting.forReplies();
      return false;
    }
    if (state.stale && state.status !== 'E') return this.#resynchronise();
    const view = this.core.view();
    if (!view) {
      if (replies.length > 0) this.waiting.forReplies();
      else return this.#resynchronise();
      return false;
    }
    state.see(view);
    return true;
  }

  /** Undefined: a wait has begun. Call only when `ready`. */
  inspect(text: string): Inspection | undefined {
    const { inspector, state, replies } = this.core;
    // A text can name what an earlier message of the same pipeline has yet to make.
    if ((state.statements.changing || state.portals.changing) && replies.length > 0 && mayUseNames.test(text)) {
      this.waiting.forReplies();
      return undefined;
    }
    const view = this.core.view()!;
    const inspection = inspector.inspect(text, view.catalog, state);
    if (!inspection.ok && inspection.missing !== undefined && !this.#retried && state.status !== 'E') {
      this.#retried = true;
      if (replies.length > 0) {
        this.#retried = false;
        this.waiting.forReplies();
      } else {
        if (state.ownView) state.catalogStale = true;
        this.#resynchronise();
      }
      return undefined;
    }
    this.#retried = false;
    return inspection;
  }

  /**
   * False while it is not known yet whether a transaction block is open and that matters: a wait has begun.
   */
  settled(statements: readonly StatementInspection[]): boolean {
    if (this.core.replies.length === 0 || statements.every((statement) => statement.allowedInTransaction)) return true;
    this.waiting.forReplies();
    return false;
  }

  /** What forbids these statements whatever policy says; undefined when nothing does. */
  obstacle(statements: readonly StatementInspection[]): Obstacle | undefined {
    const { state } = this.core;
    const view = this.core.view();
    if (!view) return { reason: { code: 'decision-failed', text: 'the catalog of the target cannot be read' } };
    if (statements.some((statement) => statement.relations.some((oid) => view.displaced.has(oid)))) {
      const text = 'a classified column of this table was renamed or moved; its classification must be corrected first';
      return { reason: { code: 'cannot-perform', text } };
    }
    // In a failed transaction the server refuses every single statement but the end of it. Of several, the first may end
    // it and the next run on what could not be read again.
    if (state.stale && statements.length > 1) {
      return { reason: { code: 'unsupported', text: 'end the failed transaction in a request of its own' } };
    }
    const alone = statements.length === 1 && (!state.inBlock || state.status === 'E');
    if (!alone && statements.some((statement) => !statement.allowedInTransaction)) {
      const text = 'this statement cannot run inside a transaction block or together with others';
      return { reason: { code: 'unsupported', text }, native: { sqlState: '25001' } };
    }
    return undefined;
  }

  judge(
    phase: 'prepare' | 'execute',
    request: Buffer,
    inspection: Extract<Inspection, { ok: true }>,
    circumstances?: Circumstances,
  ): Verdict<Buffer> {
    const { core } = this;
    const exchange = new SqlExchange(
      core.nextSeq(),
      phase,
      request,
      inspection.action,
      inspection.statements,
      core.state,
      circumstances,
    );
    return enforce(core.context, exchange);
  }

  /** Records the refusal of what was not understood or cannot be done, and words it. */
  refuse(kind: string, text: string, request: Buffer, obstacle: Obstacle): Buffer {
    const { core } = this;
    const action = meaninglessAction(kind, text);
    const exchange = new SqlExchange(core.nextSeq(), 'execute', request, action, [], core.state);
    return refusalMessage(refuse(core.context, exchange, obstacle.reason), obstacle.native);
  }

  /** @param seq that of the verdict: the last number given out */
  unit(
    seq: number,
    text: string,
    { statements, action }: Understood,
    verdict: Extract<Verdict<Buffer>, { kind: 'permit' }>,
  ): Unit {
    const view = this.core.view();
    const classified = statements.some((statement) => statement.relations.some((oid) => view?.classified.has(oid)));
    for (const { changes } of statements) {
      for (const change of changes) if (change.kind === 'create-temp') this.core.state.addTempRelation(change.name);
    }
    return new Unit(
      seq,
      text,
      statements,
      verdict.obligations,
      verdict.approvalId,
      classified,
      statements.some(changesMeaning),
      statements.some((statement) => statement.copy?.direction === 'in'),
      action,
    );
  }

  #resynchronise(): false {
    const task = resynchronise(this.core).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.core.host.log('error', 'the catalog could not be read', { resource: this.core.binding.name, reason });
      // Inside a transaction the failure has changed what the client believes of it.
      this.core.fatal('08006', 'the state of the target could not be read');
    });
    this.waiting.forTask(task);
    return false;
  }
}

const mayUseNames = /execute|fetch|move|close|deallocate|declare|prepare/i;

export function obstacleOf(inspection: NotUnderstood): Obstacle {
  const { code, message, position, missing } = inspection;
  const sqlState = missing ? missingStates[missing] : code === 'unparsable' ? '42601' : '0A000';
  return { reason: { code, text: message }, native: { sqlState, position } };
}
