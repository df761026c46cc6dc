/** How long it works before sockets get their turn: what was cut must reach the network, not wait for the last one. */
const sliceMs = 4;

/**
 * Ends many sessions at once, in the order that matters: first every connection is cut, then recordings are finished and
 * reports are sent. Tasks must not throw.
 */
export class EndQueue {
  readonly #cuts: (() => void)[] = [];
  readonly #rest: (() => void)[] = [];
  #scheduled = false;

  /** Tasks that have not run. */
  get size(): number {
    return this.#cuts.length + this.#rest.length;
  }

  cut(task: () => void): void {
    this.#cuts.push(task);
    this.#schedule();
  }

  /** Once nobody is left to be cut. */
  afterwards(task: () => void): void {
    this.#rest.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.size === 0) return;
    this.#scheduled = true;
    // Not from within whatever called: that may be a session's own state machine.
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const end = performance.now() + sliceMs;
    do (this.#cuts.shift() ?? this.#rest.shift())?.();
    while (this.size > 0 && performance.now() < end);
    this.#schedule();
  }
}
