import { byteClass, digit } from './byte-classes.js';
import type { Detector } from './detector.js';
import { Luhn } from './luhn.js';
import type { Stretch } from './stretch.js';
import { endOfRun, isAt } from './stretch.js';

/** ISO/IEC 7812-1: numbers on cards in circulation. Digits. */
const shortest = 13;
const longest = 19;
/** The first group, and the others. Digits. */
const leastFirst = 4;
const leastOther = 2;
const separator = byteClass('- ');
/** First digits of cards that pay. Those left out begin years, times and account numbers. */
const paying = byteClass('2-6');
const point = byteClass('.');

const luhn = new Luhn();

/** Whole groups of digits, 13 to 19 of them, with one blank or hyphen in between, whose check digit is right. */
export const creditCard: Detector = {
  triggers: '',
  numbers: 'any',
  find(text, at, finding) {
    if (!startsCard(text, at)) return false;
    luhn.clear();
    let end = -1;
    let group = at;
    for (;;) {
      const stop = endOfRun(text, group, digit, longest + 1);
      if (luhn.count + stop - group > longest || (group > at && stop - group < leastOther)) break;
      for (let index = group; index < stop; index += 1) luhn.add(text.bytes[index]! - 0x30);
      if (luhn.count >= shortest && luhn.valid) end = stop;
      if (!isAt(text, stop, separator) || !isAt(text, stop + 1, digit)) break;
      group = stop + 1;
    }
    if (end < 0) return false;
    finding.start = at;
    finding.end = end;
    return true;
  },
};

function startsCard(text: Stretch, at: number): boolean {
  if (endOfRun(text, at, digit, leastFirst) - at < leastFirst) return false;
  const rupay = text.bytes[at] === 0x38 && (text.bytes[at + 1] === 0x31 || text.bytes[at + 1] === 0x32);
  if (paying[text.bytes[at]!] === 0 && !rupay) return false;
  // The decimals of an amount are no card.
  return !(isAt(text, at - 1, point) && isAt(text, at - 2, digit));
}
