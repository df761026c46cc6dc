/** Marks what is not predicted: undefined is a prediction too. */
const none = Symbol('none');

/**
 * Prepared statements or portals by name: as the server confirmed them, and as they will be if everything sent since
 * the last Sync succeeds. Within one such group the prediction is exact, because the server discards the rest of a group
 * after a failure; across groups it is not, so a name that an earlier group may still change is uncertain.
 */
export class Names<T> {
  /** Those with a name. The one without is kept apart: nearly every request touches it, and none but it. */
  readonly confirmed = new Map<string, T>();
  unnamed: T | undefined;
  readonly #predicted = new Map<string, T | undefined>();
  #unnamedPredicted: T | undefined | typeof none = none;
  /** Changes under way, per name. */
  readonly #pending = new Map<string, number>();
  #unnamedPending = 0;

  /** What the name means for the next message; 'uncertain' until replies that are due have arrived. */
  lookup(name: string): T | undefined | 'uncertain' {
    if (name === '') {
      if (this.#unnamedPredicted !== none) return this.#unnamedPredicted;
      return this.#unnamedPending > 0 ? 'uncertain' : this.unnamed;
    }
    if (this.#predicted.size > 0) {
      const predicted = this.#predicted.get(name);
      if (predicted !== undefined || this.#predicted.has(name)) return predicted;
    }
    return this.#pending.size > 0 && this.#pending.has(name) ? 'uncertain' : this.confirmed.get(name);
  }

  /** True while any change of a name other than the unnamed one is under way. */
  get changing(): boolean {
    return this.#pending.size > 0;
  }

  /** A request that sets or removes (undefined) the name was sent. */
  sent(name: string, value: T | undefined): void {
    if (name === '') {
      this.#unnamedPredicted = value;
      this.#unnamedPending += 1;
      return;
    }
    this.#predicted.set(name, value);
    this.#pending.set(name, (this.#pending.get(name) ?? 0) + 1);
  }

  /** The server carried it out. */
  succeeded(name: string, value: T | undefined): void {
    this.discarded(name);
    if (name === '') this.unnamed = value;
    else if (value === undefined) this.confirmed.delete(name);
    else this.confirmed.set(name, value);
  }

  /** The server did not look at it, or it failed without an effect. */
  discarded(name: string): void {
    if (name === '') {
      if (this.#unnamedPending > 0) this.#unnamedPending -= 1;
      return;
    }
    const left = (this.#pending.get(name) ?? 1) - 1;
    if (left === 0) this.#pending.delete(name);
    else this.#pending.set(name, left);
  }

  /** The group ended, or failed: nothing is predicted any more. */
  endGroup(): void {
    this.#unnamedPredicted = none;
    if (this.#predicted.size > 0) this.#predicted.clear();
  }
}
