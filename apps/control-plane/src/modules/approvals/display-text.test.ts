import fc from 'fast-check';
import { displayText } from './display-text.js';

test.each([
  ['a right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
  ['an isolate', 'a\u2066b', 'a\\u{2066}b'],
  ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
  ['a byte order mark', '\ufeffselect', '\\u{feff}select'],
  ['an escape sequence', '\u001b[2Jselect', '\\u{1b}[2Jselect'],
  ['a carriage return that would overwrite the line', 'drop\rselect', 'drop\\u{d}select'],
  ['a no-break space', 'a\u00a0b', 'a\\u{a0}b'],
  ['a Hangul filler', 'a\u3164b', 'a\\u{3164}b'],
  ['a tag character', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ['text that looks like an escape', 'a\\u{202e}b', 'a\\u{5c}u{202e}b'],
])('%s is shown', (_, text, shown) => {
  expect(displayText(text)).toBe(shown);
});

test('ordinary text stays as it is', () => {
  const text = "delete from orders\n\twhere name = 'Zoë 東京 😀' and path = 'C:\\users'";
  expect(displayText(text)).toBe(text);
});

test('AP-04: nothing invisible is left, and the original can be read back from what is shown', () => {
  const nasty = fc.constantFrom('\u202e', '\u200d', '\\', 'u{', '202e}', 'a', '\n', '\ud800', '\u{e0100}', '\u0000');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(nasty).map((parts) => parts.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (text) => {
        const shown = displayText(text);
        expect(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/u.test(shown)).toBe(false);
        const back = shown.replace(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)));
        expect(back).toBe(text);
      },
    ),
    { numRuns: 1000 },
  );
});
