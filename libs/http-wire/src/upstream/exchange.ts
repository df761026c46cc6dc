import type {
  BodyReader,
  ResponseHead,
  Tunnel,
  UpstreamExchange,
  UpstreamHandlers,
  UpstreamRequest,
  WireFault,
} from '../message.js';
import { upstreamFault } from './upstream-fault.js';

/** Whoever has an exchange in hand: the queue of a pool, or a connection. */
export interface ExchangeCarrier {
  /** The exchange was cancelled: nothing may be done for it any more, and the upstream sees it broken off. */
  abandon(exchange: Exchange): void;
}

/** A body that can be told to be quiet, since whoever asked for it does not want to hear of it. */
export interface SilenceableBody extends BodyReader {
  silence(): void;
}

/** One request and who waits for its response. Calls the handlers in the order that they rely on, and not after `cancel`. */
export class Exchange implements UpstreamExchange {
  /** Milliseconds spent waiting for a connection. */
  waitedMs = 0;
  /** A connection reads the request's body, and stops reading it when that is due. */
  uploading = false;
  #carrier: ExchangeCarrier | undefined;
  #body: SilenceableBody | undefined;
  #state: 'asked' | 'answered' | 'cancelled' = 'asked';

  constructor(
    readonly request: UpstreamRequest,
    private readonly handlers: UpstreamHandlers,
  ) {}

  get cancelled(): boolean {
    return this.#state === 'cancelled';
  }

  carriedBy(carrier: ExchangeCarrier | undefined): void {
    this.#carrier = carrier;
  }

  cancel(): void {
    if (this.#state === 'cancelled') return;
    this.#state = 'cancelled';
    this.#body?.silence();
    this.#stopUpload();
    this.#carrier?.abandon(this);
    this.#carrier = undefined;
  }

  respond(head: ResponseHead, body: SilenceableBody | undefined): void {
    if (!this.#answer()) return;
    this.#body = body;
    this.#told(() => this.handlers.response(head, body));
  }

  /** False: nobody wants the tunnel any more. */
  switchTo(head: ResponseHead, tunnel: Tunnel): boolean {
    if (!this.#answer()) return false;
    this.#told(() => this.handlers.switched(head, tunnel));
    return !this.cancelled;
  }

  fail(fault: WireFault, sent: boolean): void {
    if (!this.#answer()) return;
    this.#stopUpload();
    this.handlers.failed(fault, sent);
  }

  /** A handler that throws ends its own exchange, not the process. */
  #told(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      this.cancel();
      this.handlers.failed(upstreamFault(cause), true);
    }
  }

  #answer(): boolean {
    const first = this.#state === 'asked';
    if (first) this.#state = 'answered';
    return first;
  }

  #stopUpload(): void {
    const { body } = this.request;
    if (!this.uploading && body !== undefined && 'reader' in body) body.reader.cancel();
  }
}
