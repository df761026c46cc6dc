import { checkOutgoingFields } from '../headers/outgoing-fields.js';
import type { BodyWriter, HeaderField, RequestHead, ResponseHead, ServerRequest, Tunnel } from '../message.js';
import type { SocketSender } from '../server/socket-sender.js';
import { AnswerBody, type AnswerOwner } from './answer-body.js';
import type { RequestBody } from './request-body.js';
import type { RequestFraming } from './request-framing.js';
import { responseHeadText, switchingHeadText, type AnswerFraming } from './response-head.js';

export interface ExchangeOwner {
  readonly sender: SocketSender;
  /** Whether the connection may take another request after this answer; asked when its head is written. */
  keepsAlive(exchange: H1Exchange): boolean;
  /** The answer is out, whole. */
  answered(): void;
  breakOff(): void;
  /** Gives the connection away. */
  handOver(): Tunnel;
}

/** Up to here head and body travel in one write. */
const joinedBytes = 64 * 1024;

/** One request on an HTTP/1.1 connection, and its answer. */
export class H1Exchange implements ServerRequest, AnswerOwner {
  /** What the head of the answer told the client; true until then. */
  keepAlive = true;
  #phase: 'open' | 'answering' | 'answered' | 'lost' = 'open';
  #onAbort: (() => void) | undefined;
  #writer: AnswerBody | undefined;

  constructor(
    readonly head: RequestHead,
    readonly framing: RequestFraming,
    readonly body: RequestBody | undefined,
    private readonly owner: ExchangeOwner,
  ) {}

  get unanswered(): boolean {
    return this.#phase === 'open';
  }

  get isAnswered(): boolean {
    return this.#phase === 'answered';
  }

  respond(head: ResponseHead, body: Buffer): void {
    if (!this.#mayAnswer()) return;
    const bodiless = this.#isBodiless(head.status);
    const framing = bodiless ? this.#announced(head, head.bodyLength ?? body.length) : body.length;
    const text = this.#headText(head, framing);
    const { sender } = this.owner;
    if (bodiless || body.length === 0) sender.write(Buffer.from(text, 'latin1'));
    else if (body.length > joinedBytes) {
      sender.write(Buffer.from(text, 'latin1'));
      sender.write(body);
    } else {
      const joined = Buffer.allocUnsafe(text.length + body.length);
      joined.write(text, 0, 'latin1');
      body.copy(joined, text.length);
      sender.write(joined);
    }
    this.answered();
  }

  stream(head: ResponseHead): BodyWriter {
    if (!this.#mayAnswer()) return deafWriter;
    const framing = this.#streamFraming(head);
    const text = this.#headText(head, framing);
    this.#phase = 'answering';
    this.#writer = new AnswerBody(text, this.#isBodiless(head.status) ? 'none' : framing, this.owner.sender, this);
    return this.#writer;
  }

  switchProtocols(headers: readonly HeaderField[]): Tunnel {
    const protocol = this.framing.upgrade;
    if (protocol === undefined) throw new Error('The request asks for no switch of protocols');
    checkOutgoingFields(headers);
    if (this.#mayAnswer()) {
      this.#phase = 'answered';
      this.owner.sender.write(Buffer.from(switchingHeadText(protocol, headers), 'latin1'));
    }
    return this.owner.handOver();
  }

  abort(): void {
    if (this.#phase === 'answered' || this.#phase === 'lost') return;
    this.breakOff();
  }

  onAbort(listener: () => void): void {
    if (this.#phase === 'lost') queueMicrotask(listener);
    else this.#onAbort = listener;
  }

  answered(): void {
    this.#phase = 'answered';
    this.owner.answered();
  }

  breakOff(): void {
    this.#phase = 'lost';
    this.#onAbort = undefined;
    this.owner.breakOff();
  }

  /** The connection ended, or the server answered in the handler's place. */
  lose(): void {
    if (this.#phase === 'answered' || this.#phase === 'lost') return;
    this.#phase = 'lost';
    this.#writer?.lose();
    const listener = this.#onAbort;
    this.#onAbort = undefined;
    listener?.();
  }

  /** An answer to a request that is gone goes nowhere; a second answer is a mistake of the handler. */
  #mayAnswer(): boolean {
    if (this.#phase === 'lost') return false;
    if (this.#phase !== 'open') throw new Error('A request is answered once');
    return true;
  }

  /** Throws before anything was changed or written. */
  #headText(head: ResponseHead, framing: AnswerFraming): string {
    const keepAlive = framing !== 'close' && this.owner.keepsAlive(this);
    const text = responseHeadText(head, framing, keepAlive);
    this.keepAlive = keepAlive;
    return text;
  }

  /** RFC 9112 section 6.3: no body, whatever the head says. */
  #isBodiless(status: number): boolean {
    return this.head.method === 'HEAD' || status === 204 || status === 304;
  }

  /** A HEAD may say how long the body would be. */
  #announced(head: ResponseHead, length: number | undefined): AnswerFraming {
    return this.head.method === 'HEAD' && length && head.status !== 204 && head.status !== 304 ? length : 'none';
  }

  #streamFraming(head: ResponseHead): AnswerFraming {
    if (this.#isBodiless(head.status)) return this.#announced(head, head.bodyLength);
    return head.bodyLength ?? (this.head.version === '1.0' ? 'close' : 'chunked');
  }
}

/** For the answer to a request that is gone. */
const deafWriter: BodyWriter = {
  write: () => false,
  end: () => undefined,
  abort: () => undefined,
  onDrain: () => undefined,
};
