import { byteClass, digit, endOfRun, isAt } from './byte-classes.js';
import type { Detector } from './detector.js';

const separator = byteClass('- ');
const length = 11;

/** A US social security number, `AAA-GG-SSSS` or with blanks; only areas, groups and serials that the SSA gives out. */
export const usSsn: Detector = {
  triggers: '',
  numbers: 'any',
  find(text, low, at, high, finding, numberEnd) {
    if (numberEnd !== at + 3 || at + length > high || separator[text[at + 3]!] === 0 || text[at + 6] !== text[at + 3])
      return false;
    const group = at + 4;
    const serial = at + 7;
    if (endOfRun(text, group, serial, digit) !== at + 6) return false;
    if (endOfRun(text, serial, at + length, digit) !== at + length || isAt(text, low, at + length, high, digit))
      return false;
    const area = number(text, at, at + 3);
    if (area === 0 || area === 666 || area >= 900) return false;
    if (number(text, group, at + 6) === 0 || number(text, serial, at + length) === 0) return false;
    finding.start = at;
    finding.end = at + length;
    return true;
  },
};

function number(text: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + text[at]! - 0x30;
  return value;
}
