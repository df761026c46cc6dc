import { fieldValueBytes, isBlank, tokenBytes } from '../headers/field-syntax.js';
import type { HeaderField } from '../message.js';
import { WireFault } from '../message.js';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const colon = 0x3a;
const tab = 0x09;
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/**
 * The fields of an HTTP/1.1 head or trailer (RFC 9112 section 5), strictly: CRLF after each line, a token right before the
 * colon, no folding, no control in a value.
 * @param text one character a byte; whole lines, without the empty one that ends the section
 * @param from where the first field line starts
 * @throws WireFault 400, and 431 for more than `most` fields
 */
export function parseFieldLines(text: string, from: number, most: number): HeaderField[] {
  const fields: HeaderField[] = [];
  const length = text.length;
  let at = from;
  while (at < length) {
    if (fields.length === most) throw new WireFault('too-many-fields', `More than ${most} header fields`, 431);
    let end = at;
    let upper = false;
    let code = text.charCodeAt(end);
    while (tokenBytes[code] === 1) {
      if (code >= 0x41 && code <= 0x5a) upper = true;
      code = text.charCodeAt(++end);
    }
    if (end === at || code !== colon) throw badName(end === at && isBlank(code));
    const name = upper ? text.slice(at, end).toLowerCase() : text.slice(at, end);
    let start = end + 1;
    while (isBlank(text.charCodeAt(start))) start++;
    end = start;
    while (fieldValueBytes[text.charCodeAt(end)] === 1) end++;
    if (text.charCodeAt(end) !== carriageReturn || text.charCodeAt(end + 1) !== lineFeed) {
      throw new WireFault('bad-field-value', 'A header field holds a control character');
    }
    at = end + 2;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
    if (framing.has(name)) refuseTabs(text, start, end);
    fields.push([name, text.slice(start, end)]);
  }
  return fields;
}

/** Legal white space, but servers were fooled about the length of a body by a tab before or after its value. */
function refuseTabs(text: string, start: number, end: number): void {
  if (text.charCodeAt(start - 1) !== tab && text.charCodeAt(end) !== tab) return;
  throw new WireFault('bad-field-value', 'A field that frames the message holds a tab');
}

function badName(folded: boolean): WireFault {
  return folded
    ? new WireFault('folded-field', 'A header field must not be folded')
    : new WireFault('bad-field-name', 'A header field needs a name and a colon right after it');
}
