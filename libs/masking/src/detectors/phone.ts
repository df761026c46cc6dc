import { byteClass, digit } from './byte-classes.js';
import type { Detector } from './detector.js';
import type { Stretch } from './stretch.js';
import { endOfRun, isAt } from './stretch.js';

const plus = 0x2b;
const zero = 0x30;
const one = 0x31;
/** One of these, or a parenthesis with one, between two groups of digits. */
const separator = byteClass('-. /');
const fullDate = byteClass('12');
const opening = byteClass('(');
const closing = byteClass(')');
const plusSign = byteClass('+');
const signs = byteClass('+(');

/** ITU-T E.164: at most. Digits, with the country's. */
const longest = 15;
const shortest = 8;
/** More groups are a table of numbers. */
const maxGroups = 7;

/** The groups of digits read last: how long they are, how many digits there are up to each, and where each ends. */
let count = 0;
const lengths: number[] = new Array<number>(maxGroups).fill(0);
const totals: number[] = new Array<number>(maxGroups).fill(0);
const ends: number[] = new Array<number>(maxGroups).fill(0);

/**
 * Telephone numbers as people write them: international ones after `+` or `00`, ten digits of the North American plan in
 * their groups, and national ones with a leading zero in groups. A run of digits alone is none: too many other things are.
 */
export const phone: Detector = {
  triggers: '+(',
  numbers: 'any',
  find(text, at, finding) {
    if (isAt(text, at - 1, digit) || isAt(text, at - 1, plusSign)) return false;
    const international = text.bytes[at] === plus;
    const first = at + Number(isAt(text, at, signs));
    if (!isAt(text, first, digit)) return false;
    const firstEnd = endOfRun(text, first, digit, longest);
    if (!international && !beginsNational(text, first, firstEnd)) return false;
    readGroups(text, international ? at + 1 : at);
    const used = international ? internationalGroups(text, first) : nationalGroups(text, first);
    if (used === 0) return false;
    finding.start = at;
    finding.end = ends[used - 1]!;
    return true;
  },
};

/** What the first group of a national number can be. */
function beginsNational(text: Stretch, at: number, numberEnd: number): boolean {
  const size = numberEnd - at;
  if (text.bytes[at] === zero) return size >= 2 && size <= 6;
  if (size > 1) return size === 3 && text.bytes[at] !== one;
  if (text.bytes[at] !== one) return false;
  const area = numberEnd + 1 + Number(isAt(text, numberEnd + 1, opening));
  return endOfRun(text, area, digit, 4) === area + 3;
}

function readGroups(text: Stretch, from: number): void {
  count = 0;
  lengths.fill(0);
  let total = 0;
  let at = from;
  while (count < maxGroups) {
    const start = at + Number(isAt(text, at, opening));
    const end = endOfRun(text, start, digit, longest + 1);
    total += end - start;
    if (end === start || total > longest) break;
    const closed = isAt(text, end, closing);
    at = end + Number(closed);
    lengths[count] = end - start;
    totals[count] = total;
    ends[count] = at;
    count += 1;
    if (isAt(text, at, separator)) at += 1;
    else if (!closed && !isAt(text, at, opening)) break;
  }
}

/** How many of the groups are the number. What looks like one more group of an international number is taken for one. */
function internationalGroups(text: Stretch, first: number): number {
  return text.bytes[first] !== zero && count > 0 && totals[count - 1]! >= shortest ? count : 0;
}

function nationalGroups(text: Stretch, first: number): number {
  if (count < 2) return 0;
  if (text.bytes[first] === zero) {
    if (text.bytes[first + 1] === zero)
      return text.bytes[first + 2] !== zero && totals[count - 1]! >= shortest + 2 ? count : 0;
    return isDate(text, first) ? 0 : leadingZeroGroups();
  }
  const prefixed = text.bytes[first] === one && lengths[0] === 1;
  const area = Number(prefixed);
  if (!prefixed && text.bytes[first]! <= one) return 0;
  return lengths[area] === 3 && lengths[area + 1] === 3 && lengths[area + 2] === 4 ? area + 3 : 0;
}

/** As many groups as make nine to twelve digits. */
function leadingZeroGroups(): number {
  let used = 0;
  for (let index = 0; index < count && lengths[index]! >= 2; index += 1) {
    if (totals[index]! >= 9 && totals[index]! <= 12) used = index + 1;
  }
  return lengths[0]! <= 6 && used >= 2 ? used : 0;
}

/** `01.02.2024` and what follows. */
function isDate(text: Stretch, first: number): boolean {
  const [day, month, year] = lengths;
  return day === 2 && month === 2 && year === 4 && fullDate[text.bytes[first + 6]!] === 1;
}
