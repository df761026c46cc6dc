import fc from 'fast-check';
import type { CursorPart } from './pagination.js';
import { decodeCursor, encodeCursor, toPage } from './pagination.js';

test('a cursor gives back its key', () => {
  const text = fc.string().filter((each) => !each.includes('\0'));
  const instant = fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2100-01-01') });
  fc.assert(
    fc.property(text, fc.integer(), instant, fc.uuid(), (a, b, c, d) => {
      const key = [a, b, c.toISOString(), d];
      expect(decodeCursor(encodeCursor(key), ['text', 'number', 'time', 'uuid'])).toEqual(key);
    }),
  );
  const asText = '2026-11-22 08:06:37.77211+00';
  expect(decodeCursor(encodeCursor([asText]), ['time'])).toEqual([asText]);
});

test('anything else is refused with one answer', () => {
  const refused = (cursor: string, kinds: readonly CursorPart[]) =>
    expect(() => decodeCursor(cursor, kinds)).toThrow(expect.objectContaining({ status: 400, code: 'invalid-cursor' }));
  fc.assert(fc.property(fc.string(), (text) => refused(text, ['uuid'])));
  refused(encodeCursor(['a', 'b']), ['text']);
  refused(Buffer.from('[{}]').toString('base64url'), ['text']);
  refused(encodeCursor(['a\0b']), ['text']);
  for (const number of [1.5, 2 ** 31, '1']) refused(encodeCursor([number]), ['number']);
  for (const time of ['now', '2026-99-22T08:06:37Z', '2026-11-22', 'infinity', 5])
    refused(encodeCursor([time]), ['time']);
});

test('one row more than asked for means another page', () => {
  const key = (item: string) => [item];
  expect(toPage(['a', 'b', 'c'], 2, key)).toEqual({ items: ['a', 'b'], next: encodeCursor(['b']) });
  expect(toPage(['a', 'b'], 2, key)).toEqual({ items: ['a', 'b'], next: null });
  expect(toPage([], 2, key)).toEqual({ items: [], next: null });
});
