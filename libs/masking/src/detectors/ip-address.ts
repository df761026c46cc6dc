import { isIPv6 } from 'node:net';
import { alphanumeric, byteClass, digit } from './byte-classes.js';
import type { Detector, Finding } from './detector.js';
import type { Stretch } from './stretch.js';
import { endOfRun, isAt, startOfRun } from './stretch.js';

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
  find(text, at, finding) {
    if (text.bytes[at] === colonSign) return findV6(text, at, finding);
    return findV4(text, at, finding);
  },
};

function findV4(text: Stretch, at: number, finding: Finding): boolean {
  if (isAt(text, at - 1, dot) && isAt(text, at - 2, digit)) return false;
  let part = at;
  for (let count = 1; ; count += 1) {
    const end = endOfRun(text, part, digit, 4);
    if (end === part || end - part > 3 || decimal(text, part, end) > 255) return false;
    if (count === 4) {
      if (isAt(text, end, dot) && isAt(text, end + 1, digit)) return false;
      finding.start = at;
      finding.end = end;
      return true;
    }
    if (!isAt(text, end, dot)) return false;
    part = end + 1;
  }
}

function decimal(text: Stretch, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + text.bytes[at]! - 0x30;
  return value;
}

/** At the first colon of an address; at the others the groups before it show that it was looked at. */
function findV6(text: Stretch, at: number, finding: Finding): boolean {
  const start = startOfRun(text, at, hex, 5);
  if (at - start > 4 || continues(text, start)) return false;
  if (start === at && text.bytes[at + 1] !== colonSign) return false;
  let end = endOfRun(text, at, v6Byte, longestV6 + 2);
  while (text.bytes[end - 1] === dotSign || (text.bytes[end - 1] === colonSign && text.bytes[end - 2] !== colonSign))
    end -= 1;
  if (end - start > longestV6 || end - start < 3 || isAt(text, end, alphanumeric)) return false;
  if (!isIPv6(String.fromCharCode(...text.bytes.subarray(start, end)))) return false;
  finding.start = start;
  finding.end = end;
  return true;
}

/** Whether an address that was looked at before goes on at `start`. A colon behind a word only introduces one. */
function continues(text: Stretch, start: number): boolean {
  if (!isAt(text, start - 1, insideV6)) return false;
  return text.bytes[start - 1] !== colonSign || isAt(text, start - 2, v6Byte);
}
