import type { Permit } from '@sallyport/enforcement';
import { FrameBuffer, WireError } from '@sallyport/wire-kit';
import { EncodingError, headerBytes } from './codec.js';
import { CopyInStream } from './copy-in-stream.js';
import { empty } from './empty.js';
import { ExtendedRequests } from './extended-requests.js';
import type { HeldRequest } from './held-request.js';
import { Judgement } from './judgement.js';
import { frontend } from './messages.js';
import { Reply } from './replies.js';
import { flushMessage } from './requests.js';
import type { SessionCore } from './session-core.js';
import { SimpleRequests } from './simple-requests.js';

/** What a client may send once it is logged in: a password belongs in front of that. */
const isRequest = new Uint8Array(256);
for (const type of Object.values(frontend)) if (type !== frontend.password) isRequest[type] = 1;
/** Requests under way at once; more wait until the server caught up. */
const maxInFlight = 4096;

/**
 * The client's messages, in order: each is handled to the end or, while something must be waited for, left where it is and
 * looked at again. Nothing behind it is read meanwhile.
 */
export class RequestSide {
  readonly #inbox = new FrameBuffer();
  readonly #out: (Buffer | Permit<Buffer>)[] = [];
  readonly judgement: Judgement;
  readonly #simple: SimpleRequests;
  readonly #extended: ExtendedRequests;
  readonly #copyIn: CopyInStream;
  /** The server skips what comes until the next Sync, so it is not judged and not sent either. */
  discarding = false;
  #waiting: 'replies' | 'task' | undefined;
  #pumping = false;
  #held: HeldRequest | undefined;
  #drained: (() => void)[] = [];
  #tooMany = false;

  constructor(private readonly core: SessionCore) {
    this.judgement = new Judgement(core, this);
    this.#simple = new SimpleRequests(core, this);
    this.#extended = new ExtendedRequests(core, this);
    this.#copyIn = new CopyInStream(core, this.#inbox, this.#out);
  }

  /** Bytes that wait. */
  get backlog(): number {
    return this.#inbox.length;
  }

  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  receive(chunk: Buffer): void {
    this.#inbox.push(chunk);
    this.#pump();
  }

  send(request: Buffer | Permit<Buffer>, reply?: Reply): void {
    this.#out.push(request);
    if (reply) this.core.replies.push(reply);
  }

  forReplies(): void {
    this.#waiting = 'replies';
    if (this.core.replies.last?.kind !== 'sync' && this.core.replies.last?.kind !== 'query') this.send(flushMessage);
  }

  forTask(task: Promise<unknown>): void {
    this.#waiting = 'task';
    const done = (): void => {
      this.#waiting = undefined;
      this.#pump();
    };
    task.then(done, (error: unknown) => {
      this.#fail(error);
      done();
    });
  }

  /** Called after each batch of replies. */
  repliesArrived(): void {
    if (this.#drained.length > 0 && this.core.replies.length === 0) {
      for (const wake of this.#drained.splice(0)) wake();
    }
    if (this.#waiting !== 'replies') return;
    const enough = this.#tooMany ? maxInFlight / 2 : 0;
    if (this.core.replies.length > enough) return;
    this.#tooMany = false;
    this.#waiting = undefined;
    this.#pump();
  }

  /** Resolves when everything sent has been answered. */
  drained(): Promise<void> {
    if (this.core.replies.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  hold(held: HeldRequest): void {
    this.#held = held;
    if (this.core.replies.length > 0) this.send(flushMessage);
    this.forTask(held.wait().finally(() => (this.#held = undefined)));
  }

  /** The client cancelled, left, or what was sent before failed. True when something was waiting for approval. */
  abandonHeld(): boolean {
    this.#held?.abandon();
    return this.#held !== undefined;
  }

  /** An extended-protocol request failed and no Sync is under way: the server skips to the next one. */
  discardUntilSync(): void {
    this.discarding = true;
    this.core.state.statements.endGroup();
    this.core.state.portals.endGroup();
    this.abandonHeld();
  }

  /** The session is over: whoever waits for replies waits in vain. */
  close(): void {
    for (const wake of this.#drained.splice(0)) wake();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#waiting === undefined && !this.core.closed && this.#step());
      if (this.#out.length > 0 && !this.core.closed) this.core.toUpstream(this.#out);
      this.core.requestsMoved();
    } catch (error) {
      this.#fail(error);
    } finally {
      empty(this.#out);
      this.#pumping = false;
    }
  }

  /** Handles one message; false when there is no whole one, or it has to wait. */
  #step(): boolean {
    const inbox = this.#inbox;
    if (this.#copyIn.streaming) return this.#copyIn.stream();
    if (!inbox.require(headerBytes)) return false;
    const type = inbox.bytes[inbox.offset]!;
    const length = inbox.bytes.readInt32BE(inbox.offset + 1);
    if (length < 4) throw new WireError('a message of invalid length');
    // Before its body is waited for: what announces an unknown message may never send it.
    if (isRequest[type] !== 1) throw new WireError('a message of a type that is not known here');
    if (type === frontend.copyData) return this.#copyIn.begin(length);
    if (length > this.core.host.limits.maxMessageBytes) throw new WireError('a message is too large');
    if (!inbox.require(1 + length)) return false;
    const { bytes, offset } = inbox;
    const whole = offset === 0 && bytes.length === 1 + length;
    const message = whole ? bytes : bytes.subarray(offset, offset + 1 + length);
    if (!this.#handle(type, message)) return false;
    inbox.skip(1 + length);
    return true;
  }

  #handle(type: number, message: Buffer): boolean {
    if (type === frontend.terminate) {
      // What was sent before it still runs, and is answered and recorded.
      if (this.core.replies.length > 0) this.forReplies();
      else this.core.close('the client ended the session');
      return false;
    }
    if (type === frontend.sync) return this.#sync(message);
    if (this.discarding) return true;
    if (this.core.replies.length >= maxInFlight) {
      this.#tooMany = true;
      this.forReplies();
      return false;
    }
    switch (type) {
      case frontend.copyDone:
      case frontend.copyFail:
        return this.#copyIn.end(message);
      case frontend.flush:
        if (message.length !== headerBytes) throw new WireError('bytes are left over at the end of a message');
        if (!this.#copyIn.open) this.send(message);
        return true;
    }
    if (this.#copyIn.open) throw new WireError('a request in the middle of COPY data');
    switch (type) {
      case frontend.query:
        return this.#simple.query(message);
      case frontend.functionCall:
        return this.#simple.functionCall(message);
      case frontend.parse:
        return this.#extended.parse(message);
      case frontend.bind:
        return this.#extended.bind(message);
      case frontend.describe:
        return this.#extended.describe(message);
      case frontend.execute:
        return this.#extended.execute(message);
      case frontend.close:
        return this.#extended.close(message);
      default:
        throw new WireError('a message of a type that is not known here');
    }
  }

  #sync(message: Buffer): boolean {
    if (message.length !== headerBytes) throw new WireError('bytes are left over at the end of a message');
    const { state } = this.core;
    if (this.#copyIn.open) return true; // the server swallows it in the middle of COPY data
    this.discarding = false;
    state.statements.endGroup();
    state.portals.endGroup();
    state.groupOpen = false;
    state.groupExecuted = false;
    this.send(message, new Reply('sync'));
    return true;
  }

  #fail(error: unknown): void {
    if (error instanceof WireError) return this.core.fatal('08P01', error.message);
    if (error instanceof EncodingError) return this.core.fatal('22021', error.message);
    this.core.host.log('error', 'a request could not be handled', {
      session: this.core.context.session.id,
      error: error instanceof Error ? (error.stack ?? error.message) : 'unknown',
    });
    this.core.fatal('XX000', 'the gateway could not handle the request');
  }
}
