import { constants, type ServerHttp2Stream } from 'node:http2';
import { checkOutgoingFields, checkResponseHead } from '../headers/outgoing-fields.js';
import type { BodyWriter, HeaderField, ResponseHead, ServerRequest, Tunnel } from '../message.js';
import { WireFault } from '../message.js';
import { AnswerBody } from '../server/answer-body.js';
import { AnsweredOnce } from '../server/answered-once.js';
import { deafWriter } from '../server/deaf-writer.js';
import type { ServerLimits } from '../server/server-limits.js';
import { SocketSender } from '../server/socket-sender.js';
import { H2RequestBody } from './h2-request-body.js';
import type { H2Request } from './h2-request-head.js';
import { resetStream } from './reset-stream.js';
import { h2ResponseFields } from './h2-response-fields.js';

/** One request on an HTTP/2 connection, and its answer. */
export class H2Exchange extends AnsweredOnce implements ServerRequest {
  readonly body: H2RequestBody | undefined;
  readonly #sender: SocketSender;
  #switched = false;

  /** @param failed told why the exchange fails on its own: the body took too long */
  constructor(
    private readonly carrier: ServerHttp2Stream,
    request: H2Request,
    limits: ServerLimits,
    failed: (fault: WireFault) => void,
  ) {
    super(request.head);
    this.#sender = new SocketSender(carrier, limits.writeStallMs, () => this.breakOff());
    if (request.head.bodyLength === 0) return;
    this.body = new H2RequestBody(
      carrier,
      request.head.bodyLength,
      limits,
      () => {
        if (request.expectsContinue && !carrier.headersSent) carrier.additionalHeaders({ ':status': 100 });
      },
      () => failed(new WireFault('body-timeout', 'The body took too long', 408)),
    );
  }

  respond(head: ResponseHead, body: Buffer): void {
    if (!this.mayAnswer() || this.carrier.closed) return;
    const bodiless = this.isBodiless(head.status);
    const length = bodiless ? this.announcedLength(head.status, body.length || head.bodyLength) : body.length;
    const over = bodiless || body.length === 0;
    this.#sendHead(head, length, over);
    if (!over) this.#sender.write(body);
    this.answered();
  }

  stream(head: ResponseHead): BodyWriter {
    if (!this.mayAnswer() || this.carrier.closed) return deafWriter;
    const bodiless = this.isBodiless(head.status);
    const length = bodiless ? this.announcedLength(head.status, head.bodyLength) : head.bodyLength;
    this.#sendHead(head, length, bodiless);
    return this.answering(new AnswerBody('', bodiless ? 'none' : (length ?? 'close'), this.#sender, this));
  }

  switchProtocols(headers: readonly HeaderField[]): Tunnel {
    if (this.head.upgrade === undefined) throw new Error('The request asks for no switch of protocols');
    checkOutgoingFields(headers);
    if (!this.mayAnswer() || this.carrier.closed) return this.carrier;
    this.#switched = true;
    this.carrier.respond(h2ResponseFields(200, headers));
    this.answered();
    return this.carrier;
  }

  /** The stream is over. */
  close(fault: WireFault): void {
    this.#sender.close();
    // Unread bytes would keep the stream, and its place among those allowed at a time.
    if (!this.#switched) this.carrier.resume();
    this.body?.fail(fault);
    this.lose();
  }

  protected override sent(): void {
    if (this.#switched) return this.#sender.close();
    this.#sender.end();
    // RFC 9113 section 8.1: what is left of the body is not waited for.
    this.carrier.once('finish', () => {
      const mayGoOn = this.body !== undefined || this.head.upgrade !== undefined;
      if (!mayGoOn || this.carrier.readableEnded) return;
      this.carrier.close(constants.NGHTTP2_NO_ERROR);
      this.body?.fail(new WireFault('answered', 'The answer is out and the stream ends'));
      this.carrier.resume();
    });
  }

  protected override cut(): void {
    resetStream(this.carrier);
  }

  /** Throws before anything was changed or written. */
  #sendHead(head: ResponseHead, length: number | undefined, endStream: boolean): void {
    checkResponseHead(head);
    try {
      this.carrier.respond(h2ResponseFields(head.status, head.headers, length), { endStream });
    } catch {
      // The library has its own opinion of which fields may repeat.
      throw new WireFault('bad-response-head', 'The response cannot be passed on: a field is repeated', 502);
    }
  }
}
