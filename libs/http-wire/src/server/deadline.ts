/**
 * One deadline that is moved on every message. Moving it is an assignment; the timer behind it is armed anew only when it
 * fires too early or would fire too late.
 */
export class Deadline {
  #dueAt = 0;
  #armedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly expired: () => void) {}

  /** @param milliseconds from now; replaces what was set before */
  set(milliseconds: number): void {
    this.#dueAt = performance.now() + milliseconds;
    if (this.#timer && this.#armedAt <= this.#dueAt) return;
    this.#arm(milliseconds);
  }

  clear(): void {
    this.#dueAt = 0;
  }

  close(): void {
    this.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#armedAt = performance.now() + milliseconds;
    // The socket keeps the process alive, not its clock.
    this.#timer = setTimeout(() => this.#fire(), milliseconds).unref();
  }

  #fire(): void {
    this.#timer = undefined;
    if (this.#dueAt === 0) return;
    const remaining = this.#dueAt - performance.now();
    if (remaining > 0.5) return this.#arm(remaining);
    this.#dueAt = 0;
    this.expired();
  }
}
