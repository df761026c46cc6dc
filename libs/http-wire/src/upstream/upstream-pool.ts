import { WireFault, type UpstreamExchange, type UpstreamHandlers, type UpstreamRequest } from '../message.js';
import type { ResolveOptions } from './address.js';
import { Dialer, type UpstreamEndpoint } from './dial.js';
import { Exchange } from './exchange.js';
import { H1Lane } from './h1-lane.js';
import { H2Lane } from './h2-lane.js';
import { requestFault } from './request-head.js';
import { defaultUpstreamLimits, type UpstreamLimits } from './upstream-limits.js';

export interface UpstreamPoolOptions extends ResolveOptions {
  readonly endpoint: UpstreamEndpoint;
  readonly limits?: Partial<UpstreamLimits> | undefined;
}

const shortestTickMs = 10;
const longestTickMs = 1000;

/**
 * The connections of one session of one principal to one endpoint. They are never shared with another's, so that nothing
 * left behind on a connection meets a stranger's request. No request is ever sent twice, and no redirect followed.
 */
export class UpstreamPool {
  readonly #h1: H1Lane;
  readonly #h2: H2Lane | undefined;
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;
  #closed: WireFault | undefined;

  constructor(options: UpstreamPoolOptions) {
    const limits: UpstreamLimits = { ...defaultUpstreamLimits, ...options.limits };
    const dialer = new Dialer(options.endpoint, options);
    this.#h1 = new H1Lane(dialer, limits);
    const secure = options.endpoint.tls !== 'disable';
    this.#h2 = secure && options.endpoint.http2 ? new H2Lane(dialer, limits, this.#h1) : undefined;
    this.#tickMs = tickOf(limits);
  }

  /** The handlers are called later, never within this call. */
  send(request: UpstreamRequest, handlers: UpstreamHandlers): UpstreamExchange {
    const exchange = new Exchange(request, handlers);
    const fault = this.#closed ?? requestFault(request);
    if (fault !== undefined) {
      process.nextTick(() => exchange.fail(fault, false));
      return exchange;
    }
    (this.#h2 ?? this.#h1).send(exchange);
    this.#timer ??= this.#startTimer();
    return exchange;
  }

  /** Breaks off what is under way, tunnels too; nothing is sent after. */
  close(): void {
    this.#closed = new WireFault('upstream-closed', 'the session with the target has ended', 502);
    clearInterval(this.#timer);
    this.#h2?.close(this.#closed);
    this.#h1.close(this.#closed);
  }

  /** One timer for all deadlines of the pool, and none while there is nothing to wait for. */
  #startTimer(): NodeJS.Timeout {
    const timer = setInterval(() => {
      this.#h2?.tick(this.#tickMs);
      this.#h1.tick(this.#tickMs);
      if (this.#h1.busy || this.#h2?.busy) return;
      clearInterval(timer);
      this.#timer = undefined;
    }, this.#tickMs);
    return timer.unref();
  }
}

/** A quarter of the shortest time that is kept, within reason. */
function tickOf({ queueMs, connectMs, headMs, bodyIdleMs, keepAliveMs, pingMs }: UpstreamLimits): number {
  const shortest = Math.min(...[queueMs, connectMs, headMs, bodyIdleMs, keepAliveMs, pingMs].filter((ms) => ms > 0));
  return Math.min(longestTickMs, Math.max(shortestTickMs, Math.floor(shortest / 4)));
}
