import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { WireFault } from '../message.js';
import type { Exchange, ExchangeCarrier } from './exchange.js';
import { h2RequestHeaders, websocketAccept } from './h2-request-headers.js';
import { H2ResponseBody, type BodyStreamOwner } from './h2-response-body.js';
import { h2ResponseHead } from './h2-response-head.js';
import { Upload, type UploadOwner } from './upload.js';
import { upstreamFault } from './upstream-fault.js';
import type { UpstreamLimits } from './upstream-limits.js';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR } = constants;

/** One exchange on one stream of an HTTP/2 connection. */
export class H2Stream implements ExchangeCarrier, BodyStreamOwner, UploadOwner {
  readonly #stream: ClientHttp2Stream;
  #phase: 'head' | 'body' | 'tunnel' | 'over' = 'head';
  #upload: Upload | undefined;
  #body: H2ResponseBody | undefined;
  /** Milliseconds until what is awaited is too late. */
  #budget: number;

  /** Sends the request. Throws where node:http2 does not take it. @param gone the stream is no more; called once */
  constructor(
    session: ClientHttp2Session,
    private readonly exchange: Exchange,
    private readonly limits: UpstreamLimits,
    gone: (stream: H2Stream) => void,
  ) {
    const { request } = exchange;
    const open = request.upgrade !== undefined || (request.body !== undefined && request.body.length !== 0);
    this.#budget = limits.headMs;
    this.#stream = session.request(h2RequestHeaders(request), { endStream: !open });
    exchange.carriedBy(this);
    exchange.uploading = true;
    this.#stream
      .on('response', (_headers, flags, raw: unknown) => this.#guarded(() => this.#respond(flags, raw as string[])))
      .on('drain', () => this.#upload?.drained())
      .on('error', () => this.#fail(broken()))
      .on('close', () => {
        // Of a whole body the end was read before: Node closes no stream earlier.
        this.#fail(broken());
        gone(this);
      });
    this.#send();
  }

  abandon(exchange: Exchange): void {
    if (this.exchange === exchange) this.#end(NGHTTP2_CANCEL);
  }

  tick(ms: number): void {
    this.#budget -= ms;
    if (this.#budget > 0) return;
    this.#fail(new WireFault(`upstream-${this.#phase}-timeout`, 'the target did not answer in time', 504));
  }

  destroy(fault: WireFault): void {
    this.#fail(fault);
  }

  progress(): void {
    if (this.#phase === 'head') this.#budget = this.limits.headMs;
  }

  wanted(flowing: boolean): void {
    this.#budget = flowing ? this.limits.bodyIdleMs || Infinity : Infinity;
  }

  complete(): void {
    const uploaded = this.#upload === undefined || this.#upload.done;
    this.exchange.carriedBy(undefined);
    this.#end(uploaded ? undefined : NGHTTP2_NO_ERROR);
  }

  abandoned(): void {
    this.#end(NGHTTP2_CANCEL);
  }

  broken(fault: WireFault): void {
    this.#fail(fault);
  }

  #send(): void {
    const { body } = this.exchange.request;
    if (body === undefined) return;
    if (!('reader' in body)) {
      if (body.length > 0) this.#stream.end(body);
      return;
    }
    const stream = this.#stream;
    const target = { write: (chunk: Buffer) => stream.write(chunk), end: () => void stream.end() };
    this.#upload = new Upload(target, body.reader, body.length, this);
    this.#upload.start();
  }

  #respond(flags: number, raw: readonly string[]): void {
    if (this.#phase !== 'head') return;
    const { request } = this.exchange;
    const ended = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    const head = h2ResponseHead({ raw, ended }, request.method, this.limits);
    if (request.upgrade !== undefined && head.status >= 200 && head.status < 300) {
      this.#phase = 'tunnel';
      this.#budget = Infinity;
      const headers = [...head.headers, ...websocketAccept(request)];
      if (!this.exchange.switchTo({ status: 101, headers, bodyLength: 0 }, this.#stream)) this.#end(NGHTTP2_CANCEL);
      return;
    }
    if (ended) {
      this.#stream.resume();
      this.complete();
      this.exchange.respond(head, undefined);
      return;
    }
    this.#phase = 'body';
    this.wanted(false);
    this.#body = new H2ResponseBody(this.#stream, request.method === 'HEAD' ? undefined : head.bodyLength, this);
    this.exchange.respond(head, this.#body);
  }

  #fail(fault: WireFault): void {
    const { exchange } = this;
    const [phase, body] = [this.#phase, this.#body];
    if (phase === 'over') return;
    this.#end(NGHTTP2_CANCEL);
    if (phase === 'tunnel') return;
    if (body === undefined) exchange.fail(fault, true);
    else body.fail(fault);
  }

  /** @param code to reset the stream with; undefined: it ends by itself */
  #end(code: number | undefined): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#budget = Infinity;
    this.#upload?.stop();
    if (code !== undefined && !this.#stream.closed) this.#stream.close(code);
    // What is still buffered is for nobody; unread, it would keep the stream from closing.
    if (code !== undefined) this.#stream.removeAllListeners('data').resume();
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#fail(upstreamFault(cause));
    }
  }
}

function broken(): WireFault {
  return new WireFault('upstream-closed', 'the target closed the connection before it answered', 502);
}
