import type { Logger } from '../logger.js';

export interface Refusal {
  /** A stable code. */
  readonly reason: string;
  readonly kind: 'key' | 'ssh-key' | 'access-token' | 'issuer-token' | 'unknown';
  /** Only what was verified, and names that administrators gave: what a stranger sent is not logged. */
  readonly credentialId?: string;
  readonly issuer?: string;
}

const window = { milliseconds: 10_000, lines: 20 };

/** Says why credentials were refused: to administrators, who would otherwise guess, and not more often than they can read. */
export class RefusalLog {
  #since = -Infinity;
  #lines = 0;
  #left = 0;

  constructor(
    private readonly log: Logger,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  refused(refusal: Refusal): void {
    const now = this.clock();
    if (now - this.#since >= window.milliseconds) {
      if (this.#left > 0) this.log.info({ refusals: this.#left }, 'more credentials were refused than are listed here');
      this.#since = now;
      this.#lines = 0;
      this.#left = 0;
    }
    if (this.#lines >= window.lines) {
      this.#left += 1;
      return;
    }
    this.#lines += 1;
    this.log.info({ ...refusal }, 'a credential was refused');
  }
}
