/** Bounded by number and by size; the entry least recently used goes first. */
export class InspectionCache<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly size: number }>();
  #size = 0;

  /** @param maxEntries and @param maxSize characters of keys and whatever size the values are said to have. */
  constructor(
    readonly maxEntries: number,
    readonly maxSize: number,
  ) {}

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, valueSize: number): void {
    const size = key.length + valueSize;
    if (size > this.maxSize / 8) return;
    const old = this.#entries.get(key);
    if (old) this.#size -= old.size;
    this.#entries.delete(key);
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.maxEntries && this.#size <= this.maxSize) break;
      this.#entries.delete(oldest);
      this.#size -= entry.size;
    }
  }

  get count(): number {
    return this.#entries.size;
  }
}
