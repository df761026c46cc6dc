/** Counts what is there at once and refuses beyond a maximum. */
export class ConnectionLimit {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Takes a place; undefined when there is none. The returned function gives it back, once however often it is called. */
  enter(maximum: number): (() => void) | undefined {
    if (this.#count >= maximum) return undefined;
    this.#count += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#count -= 1;
    };
  }
}
