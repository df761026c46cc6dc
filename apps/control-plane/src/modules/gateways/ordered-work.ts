/** How much may be in hand: pieces of work, and the bytes that they hold in memory. */
export interface WorkLimits {
  readonly pieces: number;
  readonly bytes: number;
}

/** Runs work in the order it came for each key, and side by side across keys; says when it has as much as it may. */
export class OrderedWork {
  readonly #last = new Map<string, Promise<void>>();
  #pieces = 0;
  #bytes = 0;
  #isFull = false;

  constructor(
    private readonly limits: WorkLimits,
    /** Called when it becomes full, and when there is room again. */
    private readonly onFull: (isFull: boolean) => void,
  ) {}

  /** The work must not reject. What is given while full is taken all the same: whoever gives must then pause. */
  run(key: string, bytes: number, work: () => Promise<void>): void {
    this.#count(1, bytes);
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work).finally(() => {
      this.#count(-1, -bytes);
      if (this.#last.get(key) === mine) this.#last.delete(key);
    });
    this.#last.set(key, mine);
  }

  #count(pieces: number, bytes: number): void {
    this.#pieces += pieces;
    this.#bytes += bytes;
    const isFull = this.#pieces >= this.limits.pieces || this.#bytes >= this.limits.bytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.onFull(isFull);
  }
}
