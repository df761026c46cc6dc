import { interleave, ratio } from './rounds.js';

test('a ratio is the median of the pairs, with its spread', () => {
  expect(ratio([8, 6, 10], [10, 10, 10])).toEqual({ median: 0.8, low: 0.6, high: 1 });
  expect(ratio([1, 3], [1, 1])).toEqual({ median: 2, low: 1, high: 3 });
  expect(() => ratio([1], [])).toThrow('pairs');
});

test('every subject runs once per round, and none always first', async () => {
  const order: string[] = [];
  const subjects = [{ name: 'a' }, { name: 'b' }];
  const results = await interleave(subjects, 2, async ({ name }) => order.push(name));
  expect(order).toEqual(['a', 'b', 'b', 'a']);
  expect(results).toEqual(
    new Map([
      ['a', [1, 4]],
      ['b', [2, 3]],
    ]),
  );
});
