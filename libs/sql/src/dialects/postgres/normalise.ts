/**
 * The text with plain numbers as `0` and plain strings as `''`, so that point queries share a cache entry. Undefined
 * where a literal could be anything but plain: then only the exact text will do. This is no parser: two texts with the
 * same normal form differ in nothing but the values of constants, which is all that is promised.
 */
export function normalise(text: string): string | undefined {
  let normal = '';
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      if (i > 0 && isWord(text.charCodeAt(i - 1))) return undefined; // E'', B'', X'', N'', U&'' and the like
      const end = stringEnd(text, i);
      if (end < 0) return undefined;
      normal += `${text.slice(copied, i)}''`;
      copied = end + 1;
      i = end;
    } else if (code === doubleQuote) {
      const end = text.indexOf('"', i + 1);
      if (end < 0) return undefined;
      i = end;
    } else if (isDigit(code)) {
      const end = numberEnd(text, i);
      if (end > 0) {
        normal += `${text.slice(copied, i)}0`;
        copied = end;
        i = end - 1;
      } else {
        i = wordEnd(text, i) - 1;
      }
    } else if (isWord(code)) {
      i = wordEnd(text, i) - 1;
    } else if (code === dollar) {
      const next = text.charCodeAt(i + 1);
      if (!isDigit(next)) return undefined;
      i = wordEnd(text, i + 1) - 1;
    } else if (isTricky(code, text.charCodeAt(i + 1))) {
      return undefined;
    }
  }
  return copied === 0 ? text : normal + text.slice(copied);
}

const quote = 0x27;
const doubleQuote = 0x22;
const dollar = 0x24;
const dot = 0x2e;

/** Backslashes, U&"…" and comments. */
function isTricky(code: number, next: number): boolean {
  if (code === 0x5c || (code === 0x26 && (next === quote || next === doubleQuote))) return true;
  return (code === 0x2d && next === 0x2d) || (code === 0x2f && next === 0x2a);
}

/** Index of the closing quote; -1 when there is none or what is inside is not plain. */
function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c || isSuspect(code)) return -1;
    if (code !== quote) continue;
    if (text.charCodeAt(i + 1) !== quote) return i;
    i++;
  }
  return -1;
}

/**
 * NUL and halves of surrogate pairs: a text with them is refused, so it may not pass as one that differs in literals
 * alone from a text that was looked at.
 */
function isSuspect(code: number): boolean {
  return code === 0 || (code >= 0xd800 && code <= 0xdfff);
}

/** End of digits or digits.digits that stand alone; -1 when they are part of anything else. */
function numberEnd(text: string, start: number): number {
  if (start > 0 && text.charCodeAt(start - 1) === dot) return -1;
  let i = digitsEnd(text, start);
  if (text.charCodeAt(i) === dot) {
    const fraction = digitsEnd(text, i + 1);
    if (fraction === i + 1) return -1;
    i = fraction;
  }
  const after = text.charCodeAt(i);
  return isWord(after) || after === dot || after === quote || after === doubleQuote || after === dollar ? -1 : i;
}

function digitsEnd(text: string, start: number): number {
  let i = start;
  while (isDigit(text.charCodeAt(i))) i++;
  return i;
}

function wordEnd(text: string, start: number): number {
  let i = start;
  while (isWord(text.charCodeAt(i)) || text.charCodeAt(i) === dollar) i++;
  return Math.max(i, start + 1);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Letters, digits, underscore and everything outside ASCII: what an identifier is made of. */
function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || isDigit(code) || code === 0x5f || code >= 0x80
  );
}
