import type { ByteClass } from './byte-classes.js';
import { byteClass, digit } from './byte-classes.js';
import type { Detector } from './detector.js';
import type { Stretch } from './stretch.js';
import { endOfRun, isAt, reads } from './stretch.js';

const atSign = 0x40;
const dot = 0x2e;
const hyphen = 0x2d;
/** RFC 5321 section 4.5.3.1. Bytes. */
const maxLocal = 64;
const maxDomain = 255;

/** RFC 5322's atext without the signs that in running text rather separate (`mailto=a@b.c`, `'a@b.c'`), with RFC 6531's. */
const localByte: ByteClass = byteClass('-A-Za-z0-9.!#$&*+^_`{|}~\u0080-\u00ff');
const domainByte: ByteClass = byteClass('-A-Za-z0-9.\u0080-\u00ff');
const leadsThree = byteClass('\u00e2\u00e3\u00ef');
/** The sign as it stands in URLs. */
const encodedSign = '%40';

/** `local@domain.tld`, international ones too, and with the sign percent-encoded. */
export const email: Detector = {
  triggers: '@%',
  find(text, at, finding) {
    const plain = text.bytes[at] === atSign;
    if (!plain && !reads(text, at, encodedSign)) return false;
    const start = localStart(text, at);
    if (start === at) return false;
    const domain = at + (plain ? 1 : encodedSign.length);
    const end = domainEnd(text, domain);
    if (end < 0) return false;
    finding.start = start;
    finding.end = end;
    return true;
  },
};

function localStart(text: Stretch, at: number): number {
  let start = at;
  const limit = Math.max(text.low, at - maxLocal);
  while (start > limit && localByte[text.bytes[start - 1]!] === 1 && !endsPunctuation(text, start)) start -= 1;
  // Not inside a character.
  while (start < at && isContinuation(text.bytes[start]!)) start += 1;
  return start;
}

/** Behind the domain at `from`; -1 where there is none with a dot inside it. */
function domainEnd(text: Stretch, from: number): number {
  const limit = Math.min(text.high, from + maxDomain);
  let end = from;
  while (end < limit && domainByte[text.bytes[end]!] === 1 && !beginsPunctuation(text, end)) end += 1;
  // Not inside a character.
  while (end > from && end < text.high && isContinuation(text.bytes[end]!)) end -= 1;
  while (end > from && (text.bytes[end - 1] === dot || text.bytes[end - 1] === hyphen)) end -= 1;
  for (let point = end - 1; point > from; point -= 1) {
    if (text.bytes[point] !== dot) continue;
    // A last label of digits only is a version or an amount, not a domain.
    return endOfRun(text, point + 1, digit, end - point - 1) < end && text.bytes[from] !== dot ? end : -1;
  }
  return -1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** General and CJK punctuation and full-width signs (U+2000 to U+203F, U+3000 to U+303F, U+FF00 to U+FF3F) are no part. */
function beginsPunctuation(text: Stretch, at: number): boolean {
  if (!isAt(text, at, leadsThree) || at + 1 >= text.high) return false;
  return text.bytes[at + 1] === (text.bytes[at] === 0xef ? 0xbc : 0x80);
}

function endsPunctuation(text: Stretch, end: number): boolean {
  return isContinuation(text.bytes[end - 1]!) && isAt(text, end - 3, leadsThree) && beginsPunctuation(text, end - 3);
}
