import fc from 'fast-check';
import type { TokenBounds } from './token-bounds.js';
import { narrowed } from './token-bounds.js';

const names = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }), { nil: undefined });
const bounds: fc.Arbitrary<TokenBounds> = fc.record({ resources: names, actions: names });
const permits = (list: readonly string[] | undefined, name: string): boolean => list?.includes(name) ?? true;

test('ID-12: what is made from narrow tokens permits nothing that one of them does not, and nothing unasked', () => {
  fc.assert(
    fc.property(fc.array(bounds, { maxLength: 3 }), bounds, (given, asked) => {
      const made = narrowed(given, asked);
      if (!made.ok) return;
      for (const part of ['resources', 'actions'] as const) {
        expect(made.bounds[part]).not.toEqual([]);
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          if (permits(made.bounds[part], name)) {
            expect([...given, asked].every((other) => permits(other[part], name))).toBe(true);
          }
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('ID-12: asking for more than there is fails whole, rather than giving what there is', () => {
  fc.assert(
    fc.property(fc.array(bounds, { maxLength: 3 }), bounds, (given, asked) => {
      const isTooMuch = (['resources', 'actions'] as const).some((part) => {
        const all = ['a', 'b', 'c', 'd'].filter((name) => given.every((other) => permits(other[part], name)));
        return given.some((other) => other[part]) && (all.length === 0 || asked[part]?.some((n) => !all.includes(n)));
      });
      expect(narrowed(given, asked).ok).toBe(!isTooMuch);
    }),
    { numRuns: 2000 },
  );
});

test('without bounds on either side there are none', () => {
  expect(narrowed([{}, {}], {})).toEqual({ ok: true, bounds: {} });
});
