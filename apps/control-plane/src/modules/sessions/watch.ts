/** One watcher's place: wakes it when there may be something new, and tells it to stop. */
export class Watch {
  /** Something came since it last waited. */
  #isNews = false;
  #wake: () => void = () => undefined;
  #stopped = false;

  constructor(
    readonly sessionId: string,
    readonly gateway: string,
    readonly watcher: string,
  ) {}

  /** True once the replica stops or the client is gone. */
  get stopped(): boolean {
    return this.#stopped;
  }

  tell(): void {
    this.#isNews = true;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Resolves when there may be something new, when told to stop, and after so many milliseconds at the latest. */
  async news(withinMs: number): Promise<void> {
    if (!this.#isNews && !this.#stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isNews = false;
  }
}
