/**
 * RFC 8259 section 6 as a table: `-? (0 | [1-9] [0-9]*) ('.' [0-9]+)? ([eE] [+-]? [0-9]+)?`, one state per place between two
 * characters.
 */
const start = 0;
const signed = 1;
const zero = 2;
const whole = 3;
const pointed = 4;
const fraction = 5;
const marked = 6;
const powerSigned = 7;
const power = 8;

export type NumberState = number;
export const numberStart: NumberState = start;
/** No number goes on with that byte. */
export const numberStops: NumberState = 255;

const table = new Uint8Array(9 << 8).fill(numberStops);
const step = (from: NumberState, bytes: string, to: NumberState): void => {
  for (const byte of bytes) table[(from << 8) | byte.charCodeAt(0)] = to;
};
step(start, '-', signed);
for (const from of [start, signed]) {
  step(from, '0', zero);
  step(from, '123456789', whole);
}
step(whole, '0123456789', whole);
for (const from of [zero, whole]) step(from, '.', pointed);
for (const from of [pointed, fraction]) step(from, '0123456789', fraction);
for (const from of [zero, whole, fraction]) step(from, 'eE', marked);
step(marked, '+-', powerSigned);
for (const from of [marked, powerSigned, power]) step(from, '0123456789', power);

export function nextNumberState(state: NumberState, byte: number): NumberState {
  return table[(state << 8) | byte]!;
}

/** Whether what was read so far is a number. */
export function isNumber(state: NumberState): boolean {
  return state === zero || state === whole || state === fraction || state === power;
}
