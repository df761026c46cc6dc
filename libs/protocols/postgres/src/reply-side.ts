import { FrameBuffer, WireError } from '@sallyport/wire-kit';
import { DiagnosticReplies } from './diagnostic-replies.js';
import { headerBytes, readParameterStatus, readTextRow } from './codec.js';
import { CommandTag } from './command-tag.js';
import { CopyReplies } from './copy-replies.js';
import { drop, pass, type Fate } from './fate.js';
import { backend, type TransactionStatus } from './messages.js';
import { NameReplies } from './name-replies.js';
import { ReplyOutput } from './reply-output.js';
import type { Reply, Unit } from './replies.js';
import type { RequestSide } from './request-side.js';
import { RowReplies } from './row-replies.js';
import type { SessionCore } from './session-core.js';

/**
 * The target's messages, matched with the requests they answer. Whole chunks pass untouched as long as nothing in them
 * has to change; what does not fit the request it should answer ends the session.
 */
export class ReplySide {
  readonly #inbox = new FrameBuffer();
  readonly #output = new ReplyOutput();
  readonly #tag = new CommandTag();
  readonly #rows: RowReplies;
  readonly #copies: CopyReplies;
  readonly #names: NameReplies;
  readonly #diagnostics: DiagnosticReplies;
  /** Bytes left of a message that goes through, or away, without being put together. */
  #streaming = 0;
  #streamDropped = false;

  constructor(
    private readonly core: SessionCore,
    private readonly requests: RequestSide,
  ) {
    this.#rows = new RowReplies(core);
    this.#copies = new CopyReplies(core);
    this.#names = new NameReplies(core);
    this.#diagnostics = new DiagnosticReplies(core, requests);
  }

  /** Bytes of a message that is not whole yet. */
  get backlog(): number {
    return this.#inbox.length;
  }

  receive(chunk: Buffer): void {
    try {
      this.#inbox.push(chunk);
      while (!this.core.closed && this.#inbox.require(this.#scan()));
      if (!this.core.closed) this.#output.flush(this.#send);
      if (!this.core.closed) this.requests.repliesArrived();
      else this.#output.clear();
    } catch (error) {
      this.#output.clear();
      this.#fail(error);
    }
  }

  readonly #send = (bytes: Buffer, done?: () => void): void => this.core.toClient(bytes, done);

  /** Goes through what is contiguous; returns how many bytes it takes to get any further. */
  #scan(): number {
    const inbox = this.#inbox;
    const output = this.#output;
    const { bytes } = inbox;
    const end = bytes.length;
    let at = inbox.offset;
    let kept = at; // start of what passes and was not handed on yet
    let needed = headerBytes;
    while (!this.core.closed) {
      if (this.#streaming > 0) {
        const part = Math.min(this.#streaming, end - at);
        if (this.#streamDropped) {
          output.pass(bytes, kept, at);
          kept = at + part;
        }
        at += part;
        this.#streaming -= part;
        if (this.#streaming > 0) {
          needed = 1;
          break;
        }
      }
      if (end - at < headerBytes) break;
      const length = bytes.readInt32BE(at + 1);
      if (length < 4) throw new WireError('a message of invalid length');
      const type = bytes[at]!;
      if (type === backend.dataRow || type === backend.copyData) {
        const fate = this.#rowFate(type);
        if (fate !== undefined) {
          this.#streaming = 1 + length;
          this.#streamDropped = fate === drop;
          continue;
        }
      }
      if (length > this.core.host.limits.maxMessageBytes) throw new WireError('a message is too large');
      if (end - at < 1 + length) {
        needed = 1 + length;
        break;
      }
      const next = at + 1 + length;
      if ((type === backend.dataRow || type === backend.copyData) && this.#isMasked(type)) {
        const runEnd = endOfRun(bytes, next, end, type);
        output.pass(bytes, kept, at);
        this.#mask(type, at, runEnd);
        kept = runEnd;
        at = runEnd;
        continue;
      }
      const fate = this.#handle(type, at, next);
      if (fate !== pass) {
        output.pass(bytes, kept, at);
        kept = next;
        this.#replace(fate);
      }
      at = next;
    }
    output.pass(bytes, kept, at);
    if (at > inbox.offset) inbox.skip(at - inbox.offset);
    return needed;
  }

  /** For the messages that carry data: whether they stream through or away. Undefined: they must be seen whole. */
  #rowFate(type: number): typeof pass | typeof drop | undefined {
    const reply = this.core.replies.first;
    const unit = reply?.unit;
    if (!reply || reply.refusal) throw unexpected(type);
    if (type === backend.copyData) {
      if (unit?.copying !== 'out') throw unexpected(type);
      return unit.copyMask ? undefined : pass;
    }
    if (reply.internal) return undefined;
    if (!unit) throw unexpected(type);
    if (unit.rows === undefined) this.#rows.planFromPortal(unit, reply.portal);
    if (unit.rows === 'pass') return pass;
    return unit.rows === 'swallow' ? drop : undefined;
  }

  /** Whether rows are for the client, and only with a mask. */
  #isMasked(type: number): boolean {
    const unit = this.core.replies.first?.unit;
    return type === backend.copyData ? unit?.copyMask !== undefined : typeof unit?.rows === 'object';
  }

  /** Writes a run of complete messages of this type, masked, to the output. */
  #mask(type: number, start: number, end: number): void {
    const unit = this.core.replies.first?.unit;
    const { bytes } = this.#inbox;
    const out = this.#output.sink(bytes.length);
    if (type === backend.copyData) unit!.copyMask!.messages(bytes, start, end, out);
    else if (typeof unit?.rows === 'object') unit.rows.rows(bytes, start, end, out);
    else throw unexpected(type);
  }

  #replace(fate: Exclude<Fate, typeof pass>): void {
    if (fate === drop) return;
    if (Buffer.isBuffer(fate)) this.#output.pass(fate, 0, fate.length);
    else for (const part of fate) this.#output.pass(part, 0, part.length);
  }

  #message(start: number, end: number): Buffer {
    return this.#inbox.bytes.subarray(start, end);
  }

  /** One complete message at `start`..`end` of the inbox. */
  #handle(type: number, start: number, end: number): Fate {
    // These may come at any time (section "Asynchronous Operations").
    switch (type) {
      case backend.noticeResponse:
        return this.#diagnostics.notice(this.#message(start, end));
      case backend.parameterStatus:
        return this.#parameterStatus(this.#message(start, end));
      case backend.notificationResponse:
        return pass;
      case backend.errorResponse:
        return this.#diagnostics.error(this.#message(start, end));
    }
    const reply = this.core.replies.first;
    // The stand-in of a refused request can only fail: anything else would be the answer to something unknown.
    if (!reply || (reply.refusal && type !== backend.readyForQuery)) throw unexpected(type);
    switch (type) {
      case backend.dataRow:
        return this.#dataRow(reply, start, end);
      case backend.rowDescription:
        return this.#rows.description(reply, this.#inbox.bytes, start, end);
      case backend.commandComplete:
        return this.#commandComplete(reply, start, end);
      case backend.readyForQuery:
        return this.#readyForQuery(reply, start, end);
      case backend.emptyQueryResponse:
      case backend.portalSuspended:
        return this.#unitPaused(reply, type);
      case backend.copyInResponse:
      case backend.copyOutResponse:
        return this.#copies.begin(reply, type);
      case backend.copyDone:
        return this.#copies.done(reply);
      default:
        return this.#names.settle(reply, type);
    }
  }

  #dataRow(reply: Reply, start: number, end: number): Fate {
    if (reply.internal) {
      reply.internal.rows.push(readTextRow(this.#message(start, end)));
      return drop;
    }
    throw unexpected(backend.dataRow);
  }

  #commandComplete(reply: Reply, start: number, end: number): Fate {
    const { replies, state } = this.core;
    if (reply.internal) {
      reply.internal.resolve(reply.internal.rows);
      replies.shift();
      return drop;
    }
    const { unit } = reply;
    const statement = unit?.statement;
    if (!unit || !statement || unit.ended) throw unexpected(backend.commandComplete);
    const swallowed = unit.rows === 'swallow';
    const tag = this.#tag.read(this.#inbox.bytes, start, end);
    unit.completion = unit.completion === '' ? tag : `${unit.completion}; ${tag}`;
    state.ended(statement, true, unit.text);
    unit.nextStatement();
    if (reply.kind === 'execute') this.#unitEnded(reply, unit);
    if (!swallowed) return pass;
    state.catalogStale = true;
    return this.#rows.cutShort(reply, this.requests);
  }

  #unitPaused(reply: Reply, type: number): Fate {
    const { unit } = reply;
    if (!unit || (reply.kind === 'query' && type === backend.portalSuspended)) throw unexpected(type);
    if (reply.kind !== 'execute') return pass;
    unit.completion = type === backend.portalSuspended ? 'portal suspended' : '';
    const swallowed = unit.rows === 'swallow';
    this.#unitEnded(reply, unit);
    return swallowed ? this.#rows.cutShort(reply, this.requests) : pass;
  }

  #unitEnded(reply: Reply, unit: Unit): void {
    this.core.unitEnded(unit, 'completed');
    this.#shift(reply);
  }

  /** Also takes the ends of COPY data that belonged to it. */
  #shift(reply: Reply): void {
    const { replies } = this.core;
    if (replies.shift() !== reply) throw new WireError('replies out of order');
    while (replies.first?.kind === 'copy-end') replies.shift();
  }

  #readyForQuery(reply: Reply, start: number, end: number): Fate {
    const { state } = this.core;
    if (reply.kind !== 'sync' && reply.kind !== 'query') throw unexpected(backend.readyForQuery);
    const status = end - start === headerBytes + 1 ? statusOf(this.#inbox.bytes[start + headerBytes]!) : undefined;
    if (status === undefined) throw unexpected(backend.readyForQuery);
    state.ready(status);
    if (reply.kind === 'query') {
      if (reply.refusal && !reply.refused) throw unexpected(backend.readyForQuery);
      if (reply.unit && !reply.unit.ended) this.core.unitEnded(reply.unit, 'completed');
      state.statements.succeeded('', undefined);
      state.portals.succeeded('', undefined);
    }
    this.#shift(reply);
    if (status === 'I' && this.core.replies.length === 0) {
      state.groupOpen = false;
      state.groupExecuted = false;
    }
    return reply.hidden ? drop : pass;
  }

  #parameterStatus(message: Buffer): Fate {
    const { name, value } = readParameterStatus(message);
    const pinned =
      (name !== 'standard_conforming_strings' || value === 'on') && (name !== 'client_encoding' || value === 'UTF8');
    if (!pinned) {
      this.core.fatal('57P01', 'the session left the dialect that the gateway inspects');
      return drop;
    }
    // Reported since PostgreSQL 18, also where code that nobody inspected changed it.
    if (name === 'search_path') this.core.state.sessionStale = true;
    return pass;
  }

  #fail(error: unknown): void {
    const broken = error instanceof WireError;
    this.core.host.log(broken ? 'warn' : 'error', 'a reply of the target could not be handled', {
      session: this.core.context.session.id,
      error: error instanceof Error ? (broken ? error.message : (error.stack ?? error.message)) : 'unknown',
    });
    this.core.fatal('08P01', 'the target broke the protocol');
  }
}

/** Where a run of complete messages of one type ends that goes on at `at`: they are masked in one go. */
function endOfRun(bytes: Buffer, at: number, end: number, type: number): number {
  while (end - at >= headerBytes && bytes[at] === type) {
    const next = at + 1 + bytes.readInt32BE(at + 1);
    if (next < at + headerBytes || next > end) break;
    at = next;
  }
  return at;
}

function statusOf(byte: number): TransactionStatus | undefined {
  switch (byte) {
    case 0x49:
      return 'I';
    case 0x54:
      return 'T';
    case 0x45:
      return 'E';
    default:
      return undefined;
  }
}

function unexpected(type: number): WireError {
  return new WireError(`message ${String.fromCharCode(type)} out of place`);
}
