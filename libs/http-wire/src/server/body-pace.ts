/** How long the next bytes of a body may take to come. Time in which nobody wanted them does not count. */
export class BodyPace {
  #received = 0;
  #takenMs = 0;
  #since: number | undefined;

  /**
   * @param idleMs without a byte, in milliseconds
   * @param rate bytes a second that the body must reach on average, once it has been taken for `idleMs`
   */
  constructor(
    private readonly idleMs: number,
    private readonly rate: number,
  ) {}

  received(bytes: number): void {
    this.#received += bytes;
  }

  resume(): void {
    this.#since ??= performance.now();
  }

  pause(): void {
    this.#takenMs = this.#taken();
    this.#since = undefined;
  }

  /** In milliseconds: the idle time, but less for a body that drips. */
  patience(): number {
    const earned = this.idleMs + (this.#received / this.rate) * 1000;
    return Math.max(0, Math.min(this.idleMs, earned - this.#taken()));
  }

  #taken(): number {
    return this.#since === undefined ? this.#takenMs : this.#takenMs + performance.now() - this.#since;
  }
}
