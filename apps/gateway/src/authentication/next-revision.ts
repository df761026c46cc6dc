import type { PolicyCache } from '../policy/policy-cache.js';

/** More would wait for one lost push than the gateway has places for the unauthenticated. */
const maxWaiting = 256;

/** Lets a login wait for the revision that knows it: a token can be faster than the news of it. */
export class NextRevision {
  readonly #waiting = new Set<() => void>();

  constructor(policies: PolicyCache) {
    policies.onRevision(() => {
      for (const wake of [...this.#waiting]) wake();
    });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves with the next revision or after this long; at once, with false, when too many wait already. */
  wait(milliseconds: number): Promise<boolean> {
    if (this.#waiting.size >= maxWaiting || !(milliseconds > 0)) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (came: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve(came);
      };
      const wake = (): void => done(true);
      const timer = setTimeout(() => done(false), milliseconds);
      timer.unref();
      this.#waiting.add(wake);
    });
  }
}
