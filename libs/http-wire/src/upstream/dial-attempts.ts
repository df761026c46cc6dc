import type { Socket } from 'node:net';
import { WireFault } from '../message.js';
import type { Alpn, Dialer } from './dial.js';
import { upstreamFault } from './upstream-fault.js';

interface Attempt {
  readonly controller: AbortController;
  /** Milliseconds left. */
  budget: number;
}

/** The connections of one kind that are being opened. */
export class DialAttempts {
  readonly #attempts = new Set<Attempt>();

  constructor(
    private readonly dialer: Dialer,
    private readonly alpn: readonly Alpn[],
    private readonly connectMs: number,
  ) {}

  get count(): number {
    return this.#attempts.size;
  }

  /** One of the two is called, later. */
  open(connected: (socket: Socket) => void, failed: (fault: WireFault) => void): void {
    const attempt: Attempt = { controller: new AbortController(), budget: this.connectMs };
    this.#attempts.add(attempt);
    this.dialer.dial(this.alpn, attempt.controller.signal).then(
      (socket) => {
        this.#attempts.delete(attempt);
        connected(socket);
      },
      (cause: unknown) => {
        this.#attempts.delete(attempt);
        failed(upstreamFault(cause));
      },
    );
  }

  tick(ms: number): void {
    for (const attempt of this.#attempts) {
      attempt.budget -= ms;
      if (attempt.budget > 0) continue;
      attempt.controller.abort(new WireFault('upstream-connect-timeout', 'the target cannot be reached in time', 504));
    }
  }

  abort(fault: WireFault): void {
    for (const attempt of this.#attempts) attempt.controller.abort(fault);
  }
}
