import { createHash } from 'node:crypto';

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/** What tokens proved, by SHA-256 of the whole token, so that none is kept. Bounded; the oldest make room. */
export class RecentTokens<Value> {
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(private readonly capacity: number) {}

  /** Nothing from its `until` on. */
  get(token: string, now: number): Value | undefined {
    const key = digest(token);
    const entry = this.#entries.get(key);
    if (!entry || now < entry.until) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(token: string, value: Value, until: number): void {
    if (this.capacity === 0) return;
    if (this.#entries.size >= this.capacity) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(digest(token), { value, until });
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64');
}
