import { STATUS_CODES } from 'node:http';
import { checkResponseHead } from '../headers/outgoing-fields.js';
import type { HeaderField, ResponseHead } from '../message.js';

/** How the end of the answer is known: its length, the chunked coding, the end of the connection; `none` has no body at all. */
export type AnswerFraming = number | 'chunked' | 'close' | 'none';

export function responseHeadText(head: ResponseHead, framing: AnswerFraming, keepAlive: boolean): string {
  checkResponseHead(head);
  let text = `HTTP/1.1 ${head.status} ${STATUS_CODES[head.status] ?? ''}\r\n`;
  let dated = false;
  for (const [name, value] of head.headers) {
    text += `${name}: ${value}\r\n`;
    if (name === 'date') dated = true;
  }
  if (!dated) text += dateLine();
  if (typeof framing === 'number') text += `content-length: ${framing}\r\n`;
  else if (framing === 'chunked') text += 'transfer-encoding: chunked\r\n';
  return keepAlive ? `${text}\r\n` : `${text}connection: close\r\n\r\n`;
}

/** RFC 9110 section 7.8. The fields must have been checked. */
export function switchingHeadText(upgrade: string, headers: readonly HeaderField[]): string {
  let text = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}

let datedSecond = 0;
let line = '';

/** RFC 9110 section 6.6.1. Made once a second: formatting a date costs more than writing the rest of a head. */
function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== datedSecond) {
    datedSecond = second;
    line = `date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return line;
}
