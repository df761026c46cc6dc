import { alphanumeric, byteClass, digit } from './byte-classes.js';
import type { Detector } from './detector.js';
import type { Stretch } from './stretch.js';
import { isAt } from './stretch.js';

/** Lengths by country, from the IBAN registry of ISO 13616. */
const registry =
  'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23' +
  'GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28' +
  'NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30';
const lengths = new Map(
  [...registry.matchAll(/([A-Z]{2})(\d\d)/g)].map(([, country, length]) => [country!, Number(length)]),
);
const separator = byteClass('- ');

/** An international bank account number, in one piece or with single blanks or hyphens, whose check digits are right. */
export const iban: Detector = {
  triggers: '',
  numbers: 'coded',
  find(text, at, finding) {
    const country = String.fromCharCode(text.bytes[at - 2]! & 0xdf, text.bytes[at - 1]! & 0xdf);
    const length = lengths.get(country);
    if (length === undefined || !isAt(text, at + 1, digit)) return false;
    const end = accountEnd(text, at - 2, length);
    if (end < 0) return false;
    finding.start = at - 2;
    finding.end = end;
    return true;
  },
};

/** Behind the last character; -1 unless there are that many, and they are 1 modulo 97 (ISO/IEC 7064, MOD 97-10). */
function accountEnd(text: Stretch, start: number, length: number): number {
  let at = start;
  let country = 0;
  let rest = 0;
  for (let count = 0; count < length; count += 1) {
    if (count >= 4 && isAt(text, at, separator)) at += 1;
    if (!isAt(text, at, alphanumeric)) return -1;
    // Country and check digits count as if they stood last.
    if (count < 4) country = remainder(country, text.bytes[at]!);
    else rest = remainder(rest, text.bytes[at]!);
    at += 1;
  }
  if (isAt(text, at, alphanumeric)) return -1;
  // Two letters and two digits make six digits.
  return (rest * (1_000_000 % 97) + country) % 97 === 1 ? at : -1;
}

/** Letters are two digits, `A` 10. */
function remainder(before: number, byte: number): number {
  if (byte < 0x3a) return (before * 10 + byte - 0x30) % 97;
  return (before * 100 + (byte & 0xdf) - 0x37) % 97;
}
