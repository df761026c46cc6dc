/** How often what was recorded of a watched session leaves this gateway. Milliseconds. */
const usualEveryMs = 200;

/**
 * Sessions that somebody looks at now, as the control plane says. Their recordings are sealed many times a second instead of
 * every few, so that watching needs no other way for the bytes than the recording. Says nothing for a while: it is over.
 */
export class WatchedSessions {
  /** When each is no longer watched; monotonic milliseconds. */
  readonly #until = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param seal seals what there is of a session that lives. Must not throw. */
  constructor(
    private readonly seal: (sessionId: string) => void,
    private readonly everyMs = usualEveryMs,
  ) {}

  get ids(): Iterable<string> {
    return this.#until.keys();
  }

  /** Renews what was said before about the session. */
  watch(sessionId: string, seconds: number): void {
    this.#until.set(sessionId, performance.now() + seconds * 1000);
    this.#timer ??= setInterval(() => this.#tick(), this.everyMs).unref();
    this.seal(sessionId);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#until.clear();
  }

  #tick(): void {
    const now = performance.now();
    for (const [sessionId, until] of this.#until) {
      if (until < now) this.#until.delete(sessionId);
      else this.seal(sessionId);
    }
    if (this.#until.size === 0) this.stop();
  }
}
