import { STATUS_CODES } from 'node:http';
import { checkResponseHead } from '../headers/outgoing-fields.js';
import { httpDate } from '../headers/http-date.js';
import type { HeaderField, ResponseHead } from '../message.js';
import type { AnswerFraming } from '../server/answer-body.js';

interface WrittenHead {
  readonly status: number;
  readonly framing: AnswerFraming;
  readonly keepAlive: boolean;
  readonly text: string;
}

/** By their fields, as far as these say their own date: whoever answers the same again hands in the same list. */
const written = new WeakMap<readonly HeaderField[], WrittenHead>();

/** @throws WireFault as `checkResponseHead` does */
export function responseHeadText(head: ResponseHead, framing: AnswerFraming, keepAlive: boolean): string {
  const known = written.get(head.headers);
  if (known?.status === head.status && known.framing === framing && known.keepAlive === keepAlive) return known.text;
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
  text += keepAlive ? '\r\n' : 'connection: close\r\n\r\n';
  if (dated) written.set(head.headers, { status: head.status, framing, keepAlive, text });
  return text;
}

/** RFC 9110 section 7.8. The fields must have been checked. */
export function switchingHeadText(upgrade: string, headers: readonly HeaderField[]): string {
  let text = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}
