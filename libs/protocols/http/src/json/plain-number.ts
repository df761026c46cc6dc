/** Digits beyond which a number is told in its own spelling only. */
const maxDigits = 40;

/** Whole, and well within what a double holds. */
const short = /^(?:0|-?[1-9][0-9]{0,14})$/;

/**
 * Every spelling of a JSON number that policy compares with: its plain decimal form (`1e6` and `1000000.0` are `1000000`),
 * and, where a double cannot hold it, what a reader with doubles makes of it.
 */
export function numberSpellings(text: string): string[] {
  if (short.test(text)) return [text];
  const exact = plainDecimal(text) ?? text;
  const double = Number(text);
  const read = Number.isFinite(double) ? (plainDecimal(String(double)) ?? String(double)) : exact;
  return read === exact ? [exact] : [exact, read];
}

/** Undefined where the form would be longer than anybody compares with. */
function plainDecimal(text: string): string | undefined {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const shift = Number(exponent) - fraction.length;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  const power = shift + digits.length - kept.length;
  if (kept.length + Math.abs(power) > maxDigits) return undefined;
  if (power >= 0) return `${sign}${kept}${'0'.repeat(power)}`;
  const padded = kept.padStart(1 - power, '0');
  return `${sign}${padded.slice(0, power)}.${padded.slice(power)}`;
}
