import { WireFault } from '../message.js';
import type { Exchange, ExchangeCarrier } from './exchange.js';
import type { UpstreamLimits } from './upstream-limits.js';

/** Exchanges in the order in which they came, waiting for a connection: boundedly many, boundedly long. */
export class WaitingExchanges implements ExchangeCarrier {
  #queue: Exchange[] = [];

  constructor(private readonly limits: UpstreamLimits) {}

  get count(): number {
    return this.#queue.length;
  }

  add(exchange: Exchange): void {
    if (this.#queue.length >= this.limits.maxQueued) {
      const fault = new WireFault('upstream-busy', 'too many requests wait for the target', 502);
      process.nextTick(() => exchange.fail(fault, false));
      return;
    }
    exchange.carriedBy(this);
    this.#queue.push(exchange);
  }

  take(): Exchange | undefined {
    return this.#queue.shift();
  }

  takeAll(): Exchange[] {
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  abandon(exchange: Exchange): void {
    this.#queue = this.#queue.filter((waiting) => waiting !== exchange);
  }

  tick(ms: number): void {
    const late = this.#queue.filter((exchange) => (exchange.waitedMs += ms) >= this.limits.queueMs);
    if (late.length === 0) return;
    this.#queue = this.#queue.filter((exchange) => !late.includes(exchange));
    const fault = new WireFault('upstream-queue-timeout', 'no connection to the target became free in time', 504);
    for (const exchange of late) exchange.fail(fault, false);
  }

  fail(fault: WireFault): void {
    for (const exchange of this.takeAll()) exchange.fail(fault, false);
  }
}
