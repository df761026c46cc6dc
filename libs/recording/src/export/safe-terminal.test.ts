import fc from 'fast-check';
import { SafeTerminal, safeTerminal } from './safe-terminal.js';

test.each([
  ['colours', '\u001b[1;31mred\u001b[0m\u001b[38;5;8mgrey\u001b[48;2;8;8;8m'],
  ['cursor moves', '\u001b[2J\u001b[H\u001b[12;40Hx\u001b[K\u001b[3A\r\n\t\b\u0007'],
  ['text', 'grüße 東京 €\n'],
])('SH-21: %s pass', (_what, text) => expect(safeTerminal(text)).toBe(text));

test.each([
  ['the clipboard', '\u001b]52;c;ZXZpbA==\u0007', '\\x1b]52;c;ZXZpbA==\u0007'],
  ['a title', '\u001b]0;evil\u001b\\', '\\x1b]0;evil\\x1b\\'],
  ['a link', '\u001b]8;;http://evil\u001b\\x', '\\x1b]8;;http://evil\\x1b\\x'],
  ['a device string', '\u001bP$qm\u001b\\', '\\x1bP$qm\\x1b\\'],
  ['sixel', '\u001bPq#0\u001b\\', '\\x1bPq#0\\x1b\\'],
  ['a query that is answered by typing', '\u001b[c\u001b[6n\u001b[>c\u001b[21t', '\\x1b[c\\x1b[6n\\x1b[>c\\x1b[21t'],
  ['a change of modes', '\u001b[?1049h\u001b[?2004l\u001b[4h', '\\x1b[?1049h\\x1b[?2004l\\x1b[4h'],
  ['a reset', '\u001bc\u001b[!p', '\\x1bc\\x1b[!p'],
  ['a font', '\u001b]50;x\u0007', '\\x1b]50;x\u0007'],
  ['8-bit controls', '\u009b31m\u009d0;x\u009c\u0085', '\\x9b31m\\x9d0;x\\x9c\\x85'],
  ['hidden text', '\u001b[8msecret\u001b[0;8mx\u001b[08m', '\\x1b[8msecret\\x1b[0;8mx\\x1b[08m'],
  ['another direction', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
  ['character sets', '\u000e\u001b(0x', '\\x0e\\x1b(0x'],
  ['a private key', '\u001b[5;1"p', '\\x1b[5;1"p'],
  ['a move far away', '\u001b[99999999A', '\\x1b[99999999A'],
  ['a sequence that never ends', `\u001b[${'1;'.repeat(100)}`, `\\x1b[${'1;'.repeat(100)}`],
])('SH-21: %s becomes text', (_what, text, safe) => expect(safeTerminal(text)).toBe(safe));

const units = [
  '\u001b',
  '[',
  ']',
  '3',
  ';',
  'm',
  'A',
  '\u0007',
  '\u009b',
  'P',
  '\\',
  'x',
  '\u001b[31m',
  '\u001b]52;c;',
  '8',
];

test('SH-21: only harmless sequences are left of any text, however it was cut', () => {
  const nasty = fc.string({ unit: fc.oneof(fc.constantFrom(...units), fc.string({ unit: 'binary', maxLength: 1 })) });
  fc.assert(
    fc.property(nasty, fc.array(fc.nat(20)), (text, cuts) => {
      const safe = safeTerminal(text);
      const rest = safe.replace(/\u001b\[[\d;:]*[A-HJKXPLMfdm@]/g, '');
      expect(rest).not.toMatch(/[^\n\r\t\b\u0007\P{Cc}]/u);
      const pieces = new SafeTerminal();
      let [cut, at] = ['', 0];
      for (const length of cuts) {
        cut += pieces.push(text.slice(at, at + length));
        at += length;
      }
      cut += pieces.push(text.slice(at)) + pieces.end();
      // A surrogate pair that is cut in two is no character any more; the decoder in front never does that.
      if (!/\p{Cs}|[\u{10000}-\u{10ffff}]/u.test(text)) expect(cut).toBe(safe);
    }),
  );
});
