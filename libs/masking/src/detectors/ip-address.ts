import { isIPv6 } from 'node:net';
import { alphanumeric, byteClass, digit, endOfRun, isAt, startOfRun } from './byte-classes.js';
import type { Detector, Finding } from './detector.js';

const colonSign = 0x3a;
const dotSign = 0x2e;
const hex = byteClass('0-9A-Fa-f');
const v6Byte = byteClass('0-9A-Fa-f:.');
const dot = byteClass('.');
const insideV6 = byteClass('0-9A-Za-z:.');
/** With an IPv4 address at its end. Bytes. */
const longestV6 = 45;

/** IPv4 in dotted decimals and IPv6 (RFC 4291 section 2.2); longer dotted numbers and times of day are none. */
export const ipAddress: Detector = {
  triggers: ':',
  numbers: 'any',
  find(text, low, at, high, finding, numberEnd) {
    if (text[at] === colonSign) return findV6(text, low, at, high, finding);
    return numberEnd - at <= 3 && isAt(text, low, numberEnd, high, dot) && findV4(text, low, at, high, finding);
  },
};

function findV4(text: Uint8Array, low: number, at: number, high: number, finding: Finding): boolean {
  if (isAt(text, low, at - 1, high, dot) && isAt(text, low, at - 2, high, digit)) return false;
  let part = at;
  for (let count = 1; ; count += 1) {
    const end = endOfRun(text, part, Math.min(high, part + 4), digit);
    if (end === part || end - part > 3 || decimal(text, part, end) > 255) return false;
    if (count === 4) {
      if (isAt(text, low, end, high, dot) && isAt(text, low, end + 1, high, digit)) return false;
      finding.start = at;
      finding.end = end;
      return true;
    }
    if (text[end] !== dotSign || end >= high) return false;
    part = end + 1;
  }
}

function decimal(text: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + text[at]! - 0x30;
  return value;
}

/** At the first colon of an address; at the others the groups before it show that it was looked at. */
function findV6(text: Uint8Array, low: number, at: number, high: number, finding: Finding): boolean {
  const start = startOfRun(text, Math.max(low, at - 5), at, hex);
  if (at - start > 4 || continues(text, low, start, high)) return false;
  if (start === at && text[at + 1] !== colonSign) return false;
  let end = endOfRun(text, at, Math.min(high, start + longestV6 + 2), v6Byte);
  while (text[end - 1] === dotSign || (text[end - 1] === colonSign && text[end - 2] !== colonSign)) end -= 1;
  if (end - start > longestV6 || end - start < 3 || isAt(text, low, end, high, alphanumeric)) return false;
  if (!isIPv6(String.fromCharCode(...text.subarray(start, end)))) return false;
  finding.start = start;
  finding.end = end;
  return true;
}

/** Whether an address that was looked at before goes on at `start`. A colon behind a word only introduces one. */
function continues(text: Uint8Array, low: number, start: number, high: number): boolean {
  if (!isAt(text, low, start - 1, high, insideV6)) return false;
  return text[start - 1] !== colonSign || isAt(text, low, start - 2, high, v6Byte);
}
