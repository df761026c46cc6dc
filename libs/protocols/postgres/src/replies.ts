import type { Action, Obligation } from '@sallyport/domain';
import type { Inspection, StatementInspection } from '@sallyport/sql';
import { empty } from './empty.js';
import type { CopyMask, RowMask } from './mask.js';
import type { FormatCode } from './messages.js';

export type Understood = Extract<Inspection, { ok: true }>;

/** A prepared statement, made by Parse or by SQL PREPARE. */
export interface Prepared {
  readonly name: string;
  /** What was inspected, and what the server keeps as its text: the statement, or the whole text that held the PREPARE. */
  readonly text: string;
  readonly bySql: boolean;
  readonly parameterTypes: readonly number[];
  /** The newest reading of it. Undefined when it has no permissible meaning any more. */
  inspection: Understood | undefined;
  /** The session's epoch in which it was read. */
  epoch: number;
}

export interface Portal {
  readonly name: string;
  readonly prepared: Prepared;
  /** As it was read at Bind. */
  readonly inspection: Understood;
  readonly parameters: readonly (string | null)[];
  readonly parameterFormats: readonly FormatCode[];
  /** A Describe for it is on its way or was answered. */
  describeSent: boolean;
  /** The RowDescription as the server sent it; undefined until then, and when there are no rows. */
  description: Buffer | undefined;
}

/** What one judged request still has to go through on its way back. */
export class Unit {
  /** Which of the statements the server answers by now. */
  at = 0;
  /** Command tags so far. */
  completion = '';
  ended = false;
  /** How rows of the current statement are treated; undefined until that is known. */
  rows: RowMask | 'pass' | 'swallow' | undefined;
  copyMask: CopyMask | undefined;
  copying: 'in' | 'out' | undefined;
  /** Whether errors and notices may quote values that this client may not see; undefined until somebody asked. */
  scrub: boolean | undefined;

  constructor(
    readonly seq: number,
    /** The whole text. */
    readonly text: string,
    readonly statements: readonly StatementInspection[],
    readonly obligations: readonly Obligation[],
    readonly approvalId: string | undefined,
    /** Reads or writes something that has classified columns. */
    readonly classified: boolean,
    /** How far the change of session, catalog or code reaches: while one is under way nothing else is judged. */
    readonly changes: boolean,
    readonly copiesIn: boolean,
    /** As it was judged. */
    readonly action: Action,
  ) {}

  get statement(): StatementInspection | undefined {
    return this.statements[this.at];
  }

  nextStatement(): void {
    this.at += 1;
    this.rows = undefined;
    this.copying = undefined;
    this.copyMask = undefined;
  }
}

/** A question of the gateway's own on a session's connection. */
export interface InternalQuery {
  readonly rows: (string | null)[][];
  resolve(rows: (string | null)[][]): void;
  reject(error: Error): void;
}

export type ReplyKind = 'query' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync' | 'copy-end';

/** One answer that the server owes, in the order of the requests. */
export class Reply {
  /** Error to put in place of the one that the stand-in of a refused request provokes. */
  refusal: Buffer | undefined;
  /** That error was put in place. */
  refused = false;
  unit: Unit | undefined;
  prepared: Prepared | undefined;
  portal: Portal | undefined;
  name = '';
  /** For describe and close. */
  target: 'statement' | 'portal' | undefined;
  /** The client did not ask for it and must not see it. */
  hidden = false;
  internal: InternalQuery | undefined;

  constructor(readonly kind: ReplyKind) {}
}

/** First in, first out. */
export class ReplyQueue {
  #items: Reply[] = [];
  #head = 0;
  /** Units under way that change what later requests mean. */
  changing = 0;
  /** Units under way that take COPY data. */
  copyingIn = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Reply | undefined {
    return this.#items[this.#head];
  }

  get second(): Reply | undefined {
    return this.#items[this.#head + 1];
  }

  get last(): Reply | undefined {
    return this.length === 0 ? undefined : this.#items[this.#items.length - 1];
  }

  push(reply: Reply): void {
    this.#items.push(reply);
    if (reply.unit?.changes) this.changing += 1;
    if (reply.unit?.copiesIn) this.copyingIn += 1;
  }

  shift(): Reply | undefined {
    const reply = this.#items[this.#head];
    if (!reply) return undefined;
    this.#items[this.#head] = undefined as unknown as Reply;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      empty(this.#items);
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    if (reply.unit?.changes) this.changing -= 1;
    if (reply.unit?.copiesIn) this.copyingIn -= 1;
    return reply;
  }

  /**
   * Takes out the Syncs that the server swallows because they arrive in the middle of COPY data (section "COPY
   * Operations"): those behind the first reply and ahead of the end of the data. False when something else stands there.
   */
  dropSyncsInsideCopy(): boolean {
    const items = this.#items;
    const at = this.#head + 1;
    while (at < items.length && items[at]!.kind !== 'copy-end') {
      if (items[at]!.kind !== 'sync') return false;
      items.splice(at, 1);
    }
    return true;
  }

  [Symbol.iterator](): Iterator<Reply> {
    return this.#items.slice(this.#head)[Symbol.iterator]();
  }
}
