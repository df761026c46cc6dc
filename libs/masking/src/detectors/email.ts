import type { ByteClass } from './byte-classes.js';
import { byteClass, digit, endOfRun, isAt, reads } from './byte-classes.js';
import type { Detector } from './detector.js';

const atSign = 0x40;
const dot = 0x2e;
const hyphen = 0x2d;
/** RFC 5321 section 4.5.3.1. Bytes. */
const maxLocal = 64;
const maxDomain = 255;

/** RFC 5322's atext without the signs that in running text rather separate (`mailto=a@b.c`, `'a@b.c'`), with RFC 6531's. */
const localByte: ByteClass = byteClass('-A-Za-z0-9.!#$&*+^_`{|}~\u0080-\u00ff');
const domainByte: ByteClass = byteClass('-A-Za-z0-9.\u0080-\u00ff');
/** The sign as it stands in URLs. */
const encodedSign = '%40';

/** `local@domain.tld`, international ones too, and with the sign percent-encoded. */
export const email: Detector = {
  triggers: '@%',
  find(text, low, at, high, finding) {
    const plain = text[at] === atSign;
    if (!plain && !reads(text, at, high, encodedSign)) return false;
    const start = localStart(text, Math.max(low, at - maxLocal), at);
    if (start === at) return false;
    const domain = at + (plain ? 1 : encodedSign.length);
    const end = domainEnd(text, domain, high);
    if (end < 0) return false;
    finding.start = start;
    finding.end = end;
    return true;
  },
};

function localStart(text: Uint8Array, low: number, at: number): number {
  let start = at;
  while (start > low && localByte[text[start - 1]!] === 1 && !endsPunctuation(text, low, start)) start -= 1;
  // Not inside a character.
  while (start < at && (text[start]! & 0xc0) === 0x80) start += 1;
  return start;
}

/** Behind the domain at `from`; -1 where there is none with a dot inside it. */
function domainEnd(text: Uint8Array, from: number, high: number): number {
  const limit = Math.min(high, from + maxDomain);
  let end = from;
  while (end < limit && domainByte[text[end]!] === 1 && !beginsPunctuation(text, end, high)) end += 1;
  // Not inside a character.
  while (end > from && end < high && isContinuation(text[end]!)) end -= 1;
  while (end > from && (text[end - 1] === dot || text[end - 1] === hyphen)) end -= 1;
  for (let point = end - 1; point > from; point -= 1) {
    if (text[point] !== dot) continue;
    // A last label of digits only is a version or an amount, not a domain.
    return endOfRun(text, point + 1, end, digit) < end && text[from] !== dot ? end : -1;
  }
  return -1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** General and CJK punctuation and full-width signs (U+2000 to U+203F, U+3000 to U+303F, U+FF00 to U+FF3F) are no part. */
function beginsPunctuation(text: Uint8Array, at: number, high: number): boolean {
  const byte = text[at]!;
  if (byte !== 0xe2 && byte !== 0xe3 && byte !== 0xef) return false;
  const next = at + 1 < high ? text[at + 1] : 0;
  return next === (byte === 0xef ? 0xbc : 0x80);
}

function endsPunctuation(text: Uint8Array, low: number, end: number): boolean {
  return (
    isContinuation(text[end - 1]!) && isAt(text, low, end - 3, end, leadsThree) && beginsPunctuation(text, end - 3, end)
  );
}

const leadsThree = byteClass('\u00e2\u00e3\u00ef');
