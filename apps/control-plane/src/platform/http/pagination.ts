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

/** What one part of a list's sort key is. */
export type CursorPart = 'text' | 'number' | 'time' | 'uuid';

/**
 * The sort key of where a list was left, part by part: a wrong one is the client's error, not the database's.
 * @throws ProblemError 400 `invalid-cursor`.
 */
export function decodeCursor(cursor: string, kinds: readonly CursorPart[]): (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const parts = Array.isArray(key) ? (key as unknown[]) : [];
    if (parts.length === kinds.length && kinds.every((kind, at) => is[kind](parts[at]))) {
      return parts as (string | number)[];
    }
  } catch {
    // Falls through to the one answer for every wrong cursor.
  }
  throw new ProblemError(400, 'invalid-cursor', 'The cursor is not one that this list gave.');
}

/** As PostgreSQL and JSON write an instant. */
const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const is: Readonly<Record<CursorPart, (part: unknown) => boolean>> = {
  // PostgreSQL's text has no NUL.
  text: (part) => typeof part === 'string' && !part.includes('\0'),
  // The database's integers.
  number: (part) => Number.isInteger(part) && part === ((part as number) | 0),
  time: (part) =>
    typeof part === 'string' &&
    instant.test(part) &&
    !Number.isNaN(Date.parse(`${part.slice(0, 10)}T${part.slice(11, 19)}Z`)),
  uuid: (part) => typeof part === 'string' && uuid.test(part),
};

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
