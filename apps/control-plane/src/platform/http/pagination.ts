import { ProblemError } from './problem-error.js';

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it back as `?cursor=` for what follows; null at the end. */
  readonly next: string | null;
}

/** A cursor is opaque to clients: base64url of the last item's sort key, as JSON. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');
}

/** @throws ProblemError 400 `invalid-cursor`. */
export function decodeCursor(cursor: string, length: number): (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const parts = Array.isArray(key) ? (key as unknown[]) : [];
    if (parts.length === length && parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
      return parts as (string | number)[];
    }
  } catch {
    // Falls through to the one answer for every wrong cursor.
  }
  throw new ProblemError(400, 'invalid-cursor', 'The cursor is not one that this list gave.');
}

/** Cuts `limit + 1` fetched rows to a page; one row more than asked for means that there is a next page. */
export function toPage<Item>(
  fetched: readonly Item[],
  limit: number,
  key: (item: Item) => (string | number)[],
): Page<Item> {
  const items = fetched.slice(0, limit);
  const last = items.at(-1);
  return { items, next: fetched.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}
