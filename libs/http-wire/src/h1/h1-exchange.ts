import { checkOutgoingFields } from '../headers/outgoing-fields.js';
import type { BodyWriter, HeaderField, RequestHead, ResponseHead, ServerRequest, Tunnel } from '../message.js';
import { WireFault } from '../message.js';
import { AnswerBody, type AnswerFraming } from '../server/answer-body.js';
import { AnsweredOnce } from '../server/answered-once.js';
import { deafWriter } from '../server/deaf-writer.js';
import type { SocketSender } from '../server/socket-sender.js';
import type { RequestBody } from './request-body.js';
import type { RequestFraming } from './request-framing.js';
import { responseHeadText, switchingHeadText } from './response-head.js';

export interface ExchangeOwner {
  readonly sender: SocketSender;
  /** Whether the connection may take another request after this answer; asked when its head is written. */
  keepsAlive(exchange: H1Exchange): boolean;
  /** The answer is out, whole. */
  answered(): void;
  breakOff(): void;
  /** Whether breaking off shows even where the end of the connection is the end of the body. */
  readonly canReset: boolean;
  /** Gives the connection away. */
  handOver(): Tunnel;
}

/** Up to here head and body travel in one write. */
const joinedBytes = 64 * 1024;

/** One request on an HTTP/1.1 connection, and its answer. */
export class H1Exchange extends AnsweredOnce implements ServerRequest {
  /** What the head of the answer told the client; true until then. */
  keepAlive = true;
  #switched = false;

  constructor(
    head: RequestHead,
    readonly framing: RequestFraming,
    readonly body: RequestBody | undefined,
    private readonly owner: ExchangeOwner,
  ) {
    super(head);
  }

  respond(head: ResponseHead, body: Buffer): void {
    if (!this.mayAnswer()) return;
    const bodiless = this.isBodiless(head.status);
    const framing = bodiless ? this.#announced(head, body.length || head.bodyLength) : body.length;
    this.#write(this.#headText(head, framing), bodiless ? undefined : body);
    this.answered();
  }

  stream(head: ResponseHead): BodyWriter {
    if (!this.mayAnswer()) return deafWriter;
    const bodiless = this.isBodiless(head.status);
    const framing = bodiless ? this.#announced(head, head.bodyLength) : (head.bodyLength ?? this.#unknownLength());
    const text = this.#headText(head, framing);
    return this.answering(new AnswerBody(text, bodiless ? 'none' : framing, this.owner.sender, this));
  }

  switchProtocols(headers: readonly HeaderField[]): Tunnel {
    const protocol = this.framing.upgrade;
    if (protocol === undefined) throw new Error('The request asks for no switch of protocols');
    checkOutgoingFields(headers);
    if (this.mayAnswer()) {
      this.#switched = true;
      this.owner.sender.write(Buffer.from(switchingHeadText(protocol, headers), 'latin1'));
      this.answered();
    }
    return this.owner.handOver();
  }

  protected override sent(): void {
    // After a switch the bytes that follow are no next request.
    if (!this.#switched) this.owner.answered();
  }

  protected override cut(): void {
    this.owner.breakOff();
  }

  /** Throws before anything was changed or written. */
  #headText(head: ResponseHead, framing: AnswerFraming): string {
    const keepAlive = framing !== 'close' && this.owner.keepsAlive(this);
    const text = responseHeadText(head, framing, keepAlive);
    this.keepAlive = keepAlive;
    return text;
  }

  #write(headText: string, body: Buffer | undefined): void {
    const { sender } = this.owner;
    if (!body || body.length === 0 || body.length > joinedBytes) {
      sender.write(Buffer.from(headText, 'latin1'));
      if (body && body.length > 0) sender.write(body);
      return;
    }
    const joined = Buffer.allocUnsafe(headText.length + body.length);
    joined.write(headText, 0, 'latin1');
    body.copy(joined, headText.length);
    sender.write(joined);
  }

  #unknownLength(): AnswerFraming {
    if (this.head.version !== '1.0') return 'chunked';
    if (this.owner.canReset) return 'close';
    throw new WireFault('http-version', 'HTTP/1.0 has no way to tell the end of this answer', 505);
  }

  #announced(head: ResponseHead, length: number | undefined): AnswerFraming {
    return this.announcedLength(head.status, length) ?? 'none';
  }
}
