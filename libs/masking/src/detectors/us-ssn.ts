import { byteClass, digit } from './byte-classes.js';
import type { Detector } from './detector.js';
import type { Stretch } from './stretch.js';
import { endOfRun } from './stretch.js';

const separator = byteClass('- ');
const length = 11;

/** A US social security number, `AAA-GG-SSSS` or with blanks; only areas, groups and serials that the SSA gives out. */
export const usSsn: Detector = {
  triggers: '',
  numbers: 'any',
  find(text, at, finding) {
    if (
      at + length > text.high ||
      endOfRun(text, at, digit, 4) !== at + 3 ||
      separator[text.bytes[at + 3]!] === 0 ||
      text.bytes[at + 6] !== text.bytes[at + 3]
    )
      return false;
    const group = at + 4;
    const serial = at + 7;
    if (endOfRun(text, group, digit, 3) !== at + 6) return false;
    if (endOfRun(text, serial, digit, 5) !== at + length) return false;
    const area = number(text, at, at + 3);
    if (area === 0 || area === 666 || area >= 900) return false;
    if (number(text, group, at + 6) === 0 || number(text, serial, at + length) === 0) return false;
    finding.start = at;
    finding.end = at + length;
    return true;
  },
};

function number(text: Stretch, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + text.bytes[at]! - 0x30;
  return value;
}
