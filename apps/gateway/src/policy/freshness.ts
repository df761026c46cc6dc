import { performance } from 'node:perf_hooks';

/**
 * How long a signed statement may still be relied on. Two clocks must agree: the monotonic one, which nobody can set back,
 * and the wall clock, which goes on while the machine sleeps.
 */
export class Freshness {
  #monotonicDeadline = -Infinity;
  #wallDeadline = -Infinity;

  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    private readonly wall: () => number = Date.now,
  ) {}

  /** @param issuedAt wall clock, ms. What took long to arrive is that much older already. */
  renew(issuedAt: number, maxAgeMs: number): void {
    const now = this.wall();
    const age = Math.max(0, now - issuedAt);
    this.#monotonicDeadline = this.monotonic() + maxAgeMs - age;
    this.#wallDeadline = now + maxAgeMs - age;
  }

  get fresh(): boolean {
    return this.overdueMs <= 0;
  }

  /** How long it has been too old; not above 0 while it is fresh. Milliseconds. */
  get overdueMs(): number {
    return Math.max(this.monotonic() - this.#monotonicDeadline, this.wall() - this.#wallDeadline);
  }
}
