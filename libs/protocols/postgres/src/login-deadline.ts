/** The absolute deadline of the way from an accepted socket to a running session. */
export class LoginDeadline {
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(private readonly ms: number) {
    this.#timer = this.#arm();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** While people are asked: they take longer than a login may, and who asked is known by now. */
  suspend(): void {
    clearTimeout(this.#timer);
  }

  /** Counts anew. */
  resume(): void {
    this.#timer = this.#arm();
  }

  done(): void {
    clearTimeout(this.#timer);
  }

  #arm(): NodeJS.Timeout {
    return setTimeout(() => this.#abort.abort(), this.ms);
  }
}
