import type { Socket } from 'node:net';
import { corkForTurn, lendChunks, ownChunks, type Holder } from '@sallyport/wire-kit';
import { WireFault } from '../message.js';
import type { Exchange, ExchangeCarrier } from './exchange.js';
import { H1ResponseBody, type BodySource } from './h1-response-body.js';
import { chunkedTarget, plainTarget } from './h1-upload-target.js';
import { HeadBuffer } from './head-buffer.js';
import { requestHeadText } from './request-head.js';
import { readResponseHead } from './remembered-heads.js';
import type { ParsedResponse } from './response-head.js';
import { Upload, type UploadOwner } from './upload.js';
import { upstreamFault } from './upstream-fault.js';
import type { UpstreamLimits } from './upstream-limits.js';

export interface ConnectionOwner {
  /** The connection is free for another exchange. */
  idle(connection: H1Connection): void;
  /** The connection is no more, or belongs to a tunnel that is no more. Once. */
  gone(connection: H1Connection): void;
}

/** Bodies up to this size are copied behind their head, so that the request is one write. */
const oneWriteBytes = 16 * 1024;
const maxInterimResponses = 32;

/** One HTTP/1.1 connection to an upstream: one exchange at a time, and none after one whose end is in doubt. */
export class H1Connection implements ExchangeCarrier, BodySource, UploadOwner {
  #phase: 'idle' | 'head' | 'body' | 'tunnel' | 'gone' = 'idle';
  #exchange: Exchange | undefined;
  #upload: Upload | undefined;
  #response: ParsedResponse | undefined;
  #body: H1ResponseBody | undefined;
  #interim = 0;
  /** Milliseconds until what is awaited is too late. */
  #budget: number;
  readonly #head: HeadBuffer;
  readonly #onData = (chunk: Buffer): Holder | undefined => {
    let holder: Holder | undefined;
    this.#guarded(() => (holder = this.#read(chunk)));
    return holder;
  };
  readonly #onEnd = (): void => this.#guarded(() => this.#ended());
  readonly #onDrain = (): void => this.#upload?.drained();

  constructor(
    private readonly socket: Socket,
    private readonly limits: UpstreamLimits,
    private readonly owner: ConnectionOwner,
  ) {
    this.#budget = limits.keepAliveMs;
    this.#head = new HeadBuffer(limits.maxHeadBytes);
    socket.on('end', this.#onEnd).on('drain', this.#onDrain);
    socket.on('error', () => this.#fail(broken())).on('close', () => this.#closed());
    lendChunks(socket, this.#onData);
  }

  /** False: known to be dead, nothing can be sent on it. */
  get usable(): boolean {
    return this.#phase === 'idle' && this.socket.writable && !this.socket.readableEnded && !this.socket.destroyed;
  }

  /** Sends a request, on a connection that is usable. */
  start(exchange: Exchange): void {
    const { request } = exchange;
    this.#phase = 'head';
    this.#exchange = exchange;
    this.#interim = 0;
    this.#budget = this.limits.headMs;
    exchange.carriedBy(this);
    exchange.uploading = true;
    const head = requestHeadText(request);
    const { body } = request;
    corkForTurn(this.socket, head.length);
    if (body === undefined) this.socket.write(head, 'latin1');
    else if ('reader' in body) {
      this.socket.write(head, 'latin1');
      const target = body.length === undefined ? chunkedTarget(this.socket) : plainTarget(this.socket);
      this.#upload = new Upload(target, body.reader, body.length, this);
      this.#upload.start();
    } else this.#writeWhole(head, body);
  }

  abandon(exchange: Exchange): void {
    if (this.#exchange === exchange) this.destroy();
  }

  /** Lets `ms` pass. */
  tick(ms: number): void {
    this.#budget -= ms;
    if (this.#budget > 0) return;
    if (this.#phase === 'idle') this.destroy();
    else this.#fail(new WireFault(`upstream-${this.#phase}-timeout`, 'the target did not answer in time', 504));
  }

  /** Ends the connection, and what runs on it with this fault; without one, in silence. */
  destroy(fault?: WireFault): void {
    if (this.#phase === 'gone') return;
    const [exchange, body, tunnel] = [this.#exchange, this.#body, this.#phase === 'tunnel'];
    this.#phase = 'gone';
    this.#exchange = this.#body = this.#response = undefined;
    this.#upload?.stop();
    this.socket.destroy();
    this.owner.gone(this);
    if (fault === undefined || tunnel) return;
    if (body === undefined) exchange?.fail(fault, true);
    else body.fail(fault);
  }

  progress(): void {
    if (this.#phase === 'head') this.#budget = this.limits.headMs;
  }

  broken(fault: WireFault): void {
    this.#fail(fault);
  }

  wanted(flowing: boolean): void {
    if (this.#phase !== 'body') return;
    this.#budget = flowing ? this.limits.bodyIdleMs || Infinity : Infinity;
    if (flowing) this.socket.resume();
    else this.socket.pause();
  }

  abandoned(): void {
    this.destroy();
  }

  complete(surplus: boolean): void {
    const { persistent = false, keepAliveSeconds } = this.#response ?? {};
    const uploaded = this.#upload === undefined || this.#upload.done;
    // Whoever asked to switch protocols and was refused may be taken for having switched; bytes that nobody asked for
    // would be taken for the next response.
    const again = persistent && uploaded && !surplus && this.#exchange?.request.upgrade === undefined;
    this.#exchange?.carriedBy(undefined);
    this.#exchange = this.#body = this.#response = undefined;
    const kept = Math.min(this.limits.keepAliveMs, ((keepAliveSeconds ?? Infinity) - 1) * 1000);
    if (!again || kept <= 0) return this.destroy();
    this.#upload = undefined;
    this.#phase = 'idle';
    // The receiver may have paused at the last piece.
    if (this.socket.isPaused()) this.socket.resume();
    this.#budget = kept;
    this.owner.idle(this);
  }

  #writeWhole(head: string, body: Buffer): void {
    if (body.length <= oneWriteBytes) {
      const bytes = Buffer.allocUnsafe(head.length + body.length);
      bytes.write(head, 'latin1');
      body.copy(bytes, head.length);
      this.socket.write(bytes);
      return;
    }
    this.socket.cork();
    this.socket.write(head, 'latin1');
    this.socket.write(body);
    this.socket.uncork();
  }

  /** Whatever is thrown on the way of bytes, here or by a receiver, ends the exchange that they belong to. */
  #guarded(step: () => void): void {
    const exchange = this.#exchange;
    try {
      step();
    } catch (cause) {
      if (this.#exchange === exchange) this.#fail(upstreamFault(cause));
    }
  }

  #fail(fault: WireFault): void {
    this.destroy(fault);
  }

  /** Who may hold the chunk, which is lent: the next read may overwrite it. */
  #read(chunk: Buffer): Holder | undefined {
    if (this.#phase === 'body') {
      this.#budget = this.limits.bodyIdleMs || Infinity;
      return this.#body?.receive(chunk);
    }
    if (this.#phase === 'head') return this.#readHead(chunk);
    // Nobody asked: what comes next on this connection cannot be told from an answer.
    if (this.#phase === 'idle') this.destroy();
    return undefined;
  }

  #readHead(chunk: Buffer): Holder | undefined {
    let bytes: Buffer | undefined = chunk;
    while (bytes !== undefined && this.#phase === 'head') {
      const cut = this.#head.push(bytes);
      if (cut === undefined) return undefined;
      if (cut === 'tooLong') throw new WireFault('head-too-long', 'The head is too long');
      const { exchange, response } = { exchange: this.#exchange!, response: this.#parse(cut.text) };
      bytes = cut.rest;
      if (response.head.status === 101) return this.#switch(exchange, response, bytes);
      if (response.head.status >= 200) return this.#respond(exchange, response, bytes);
      if (++this.#interim > maxInterimResponses) throw new WireFault('interim', 'There are too many interim responses');
    }
    return undefined;
  }

  #parse(text: string): ParsedResponse {
    return readResponseHead(text, this.#exchange!.request.method, this.limits.maxFields);
  }

  #respond(exchange: Exchange, response: ParsedResponse, rest: Buffer | undefined): Holder | undefined {
    this.#response = response;
    const { framing, head } = response;
    if (framing === 'none') {
      this.complete(rest !== undefined);
      exchange.respond(head, undefined);
      return undefined;
    }
    const body = new H1ResponseBody(framing, head.bodyLength, this);
    this.#phase = 'body';
    this.#body = body;
    this.#budget = this.limits.bodyIdleMs || Infinity;
    exchange.respond(head, body);
    if (this.#body !== body) return undefined;
    if (rest !== undefined) return body.receive(rest);
    if (!body.started) this.wanted(false);
    return undefined;
  }

  #switch(exchange: Exchange, response: ParsedResponse, rest: Buffer | undefined): undefined {
    const asked = exchange.request.upgrade?.toLowerCase();
    if (asked === undefined || response.upgrade !== asked) {
      throw new WireFault('unasked-switch', 'The target switches to a protocol that was not asked for');
    }
    const { socket } = this;
    this.#phase = 'tunnel';
    this.#budget = Infinity;
    ownChunks(socket, this.#onData);
    socket.off('end', this.#onEnd).off('drain', this.#onDrain);
    // As node:http does it: neither flowing nor paused, so that the first listener starts the flow.
    (socket as { readableFlowing: boolean | null }).readableFlowing = null;
    if (rest !== undefined) socket.unshift(Buffer.from(rest));
    if (!exchange.switchTo(response.head, socket)) this.destroy();
  }

  #ended(): void {
    if (this.#phase === 'body') this.#body?.close();
    else this.#fail(broken());
  }

  #closed(): void {
    // A body that ends with its connection may still be on its way to a slow receiver.
    if (this.#phase === 'body' && this.socket.readableEnded) return;
    this.#fail(broken());
  }
}

function broken(): WireFault {
  return new WireFault('upstream-closed', 'the target closed the connection before it answered', 502);
}
