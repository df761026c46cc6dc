import fc from 'fast-check';
import { decodeCursor, encodeCursor, toPage } from './pagination.js';
import { ProblemError } from './problem-error.js';

test('a cursor gives back its key', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1 }), (key) => {
      expect(decodeCursor(encodeCursor(key), key.length)).toEqual(key);
    }),
  );
});

test('anything else is refused with one answer', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(decodeCursor(text, 1)).toHaveLength(1);
      } catch (error) {
        expect(error).toBeInstanceOf(ProblemError);
        expect((error as ProblemError).code).toBe('invalid-cursor');
      }
    }),
  );
  expect(() => decodeCursor(encodeCursor(['a', 'b']), 1)).toThrow(ProblemError);
  expect(() => decodeCursor(Buffer.from('[{}]').toString('base64url'), 1)).toThrow(ProblemError);
});

test('one row more than asked for means another page', () => {
  const key = (item: string) => [item];
  expect(toPage(['a', 'b', 'c'], 2, key)).toEqual({ items: ['a', 'b'], next: encodeCursor(['b']) });
  expect(toPage(['a', 'b'], 2, key)).toEqual({ items: ['a', 'b'], next: null });
  expect(toPage([], 2, key)).toEqual({ items: [], next: null });
});
