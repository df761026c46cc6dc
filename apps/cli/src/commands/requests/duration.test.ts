import { InvalidArgumentError } from 'commander';
import { duration, durationText } from './duration.js';

test.each([
  ['90', 90],
  ['60s', 60],
  ['15m', 900],
  ['2h', 7200],
  ['1d', 86_400],
])('%s is %i seconds', (text, seconds) => {
  expect(duration(text)).toBe(seconds);
  expect(duration(durationText(seconds))).toBe(seconds);
});

test.each(['', '0', '-1', '1.5h', '1w', '60 s', '1e3', '9999999999'])('%j is no time', (text) => {
  expect(() => duration(text)).toThrow(InvalidArgumentError);
});

test('a time is written as short as it is exact', () => {
  expect([1, 60, 90, 3600, 86_400, 90_000].map(durationText)).toEqual(['1s', '1m', '90s', '1h', '1d', '25h']);
});
