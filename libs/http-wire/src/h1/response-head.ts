import { STATUS_CODES } from 'node:http';
import { checkResponseHead } from '../headers/outgoing-fields.js';
import { httpDate } from '../headers/http-date.js';
import type { HeaderField, ResponseHead } from '../message.js';
import type { AnswerFraming } from '../server/answer-body.js';

export function responseHeadText(head: ResponseHead, framing: AnswerFraming, keepAlive: boolean): string {
  checkResponseHead(head);
  let text = `HTTP/1.1 ${head.status} ${STATUS_CODES[head.status] ?? ''}\r\n`;
  let dated = false;
  for (const [name, value] of head.headers) {
    text += `${name}: ${value}\r\n`;
    if (name === 'date') dated = true;
  }
  if (!dated) text += `date: ${httpDate()}\r\n`;
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
