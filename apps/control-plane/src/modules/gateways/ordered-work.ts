/** Runs work in the order it came for each key, and side by side across keys; at most so much at once. */
export class OrderedWork {
  readonly #last = new Map<string, Promise<void>>();
  #running = 0;

  constructor(
    private readonly limit: number,
    /** Called with true when there is as much as there may be, with false when there is room again. */
    private readonly onFull: (full: boolean) => void,
  ) {}

  /** The work must not reject. */
  run(key: string, work: () => Promise<void>): void {
    this.#running += 1;
    if (this.#running === this.limit) this.onFull(true);
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work).finally(() => {
      this.#running -= 1;
      if (this.#running === this.limit - 1) this.onFull(false);
      if (this.#last.get(key) === mine) this.#last.delete(key);
    });
    this.#last.set(key, mine);
  }
}
