/**
 * Prepared statements or portals by name: as the server confirmed them, and as they will be if everything sent since
 * the last Sync succeeds. Within one such group the prediction is exact, because the server discards the rest of a group
 * after a failure; across groups it is not, so a name that an earlier group may still change is uncertain.
 */
export class Names<T> {
  readonly confirmed = new Map<string, T>();
  readonly #predicted = new Map<string, T | undefined>();
  /** Changes under way, per name. */
  readonly #pending = new Map<string, number>();

  /** What the name means for the next message; 'uncertain' until replies that are due have arrived. */
  lookup(name: string): T | undefined | 'uncertain' {
    if (this.#predicted.size > 0) {
      const predicted = this.#predicted.get(name);
      if (predicted !== undefined || this.#predicted.has(name)) return predicted;
    }
    return this.#pending.has(name) ? 'uncertain' : this.confirmed.get(name);
  }

  /** True while any change of a name other than the unnamed one is under way. */
  get changing(): boolean {
    return this.#pending.size > (this.#pending.has('') ? 1 : 0);
  }

  /** A request that sets or removes (undefined) the name was sent. */
  sent(name: string, value: T | undefined): void {
    this.#predicted.set(name, value);
    this.#pending.set(name, (this.#pending.get(name) ?? 0) + 1);
  }

  /** The server carried it out. */
  succeeded(name: string, value: T | undefined): void {
    this.discarded(name);
    if (value === undefined) this.confirmed.delete(name);
    else this.confirmed.set(name, value);
  }

  /** The server did not look at it, or it failed without an effect. */
  discarded(name: string): void {
    const left = (this.#pending.get(name) ?? 1) - 1;
    if (left === 0) this.#pending.delete(name);
    else this.#pending.set(name, left);
  }

  /** The group ended, or failed: nothing is predicted any more. */
  endGroup(): void {
    if (this.#predicted.size > 0) this.#predicted.clear();
  }
}
