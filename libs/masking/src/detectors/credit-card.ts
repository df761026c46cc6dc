import { byteClass, digit, endOfRun, isAt } from './byte-classes.js';
import type { Detector } from './detector.js';
import { Luhn } from './luhn.js';

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
  find(text, low, at, high, finding, numberEnd) {
    if (!startsCard(text, low, at, high, numberEnd)) return false;
    luhn.clear();
    let end = -1;
    let group = at;
    for (;;) {
      const stop = endOfRun(text, group, Math.min(high, group + longest + 1), digit);
      if (luhn.count + stop - group > longest || (group > at && stop - group < leastOther)) break;
      for (let index = group; index < stop; index += 1) luhn.add(text[index]! - 0x30);
      if (luhn.count >= shortest && luhn.valid) end = stop;
      if (!isAt(text, low, stop, high, separator) || !isAt(text, low, stop + 1, high, digit)) break;
      group = stop + 1;
    }
    if (end < 0) return false;
    finding.start = at;
    finding.end = end;
    return true;
  },
};

function startsCard(text: Uint8Array, low: number, at: number, high: number, numberEnd: number): boolean {
  if (numberEnd - at < leastFirst) return false;
  const rupay = text[at] === 0x38 && (text[at + 1] === 0x31 || text[at + 1] === 0x32);
  if (paying[text[at]!] === 0 && !rupay) return false;
  // The decimals of an amount are no card.
  return !(isAt(text, low, at - 1, high, point) && isAt(text, low, at - 2, high, digit));
}
