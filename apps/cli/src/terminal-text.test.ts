import fc from 'fast-check';
import { visible, visibleBlock } from './terminal-text.js';

test.each([
  ['\u001b[2J\u001b[31mred', '\\u{1b}[2J\\u{1b}[31mred'],
  ['\u009b31m', '\\u{9b}31m'],
  ['DELETE\rSELECT', 'DELETE\\rSELECT'],
  ['a\nb\tc', 'a\\nb\\tc'],
  ['user\u202enimda', 'user\\u{202e}nimda'],
  ['ad\u200bmin', 'ad\\u{200b}min'],
  ['\ud800x', '\\u{d800}x'],
  ['grüße 東京 👩‍💻'.replace('\u200d', ''), 'grüße 東京 👩💻'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('CP-06: no control character of any text reaches the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(visibleBlock(text).replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
    }),
  );
});

test('a block keeps its lines and indents', () => {
  expect(visibleBlock('SELECT\n\t1\u001b[0m')).toBe('SELECT\n\t1\\u{1b}[0m');
});
