import type { HeaderField, ResponseHead } from '../message.js';
import { WireFault } from '../message.js';
import { connectionFields } from './connection-fields.js';
import { isFieldValue, isToken } from './field-syntax.js';

/**
 * @throws WireFault `bad-response-head`, status 502: what an upstream sent must not be able to end a head early, add a
 * field to it or reframe the message. Nothing was written then, so the request can still be answered.
 */
export function checkResponseHead(head: ResponseHead): void {
  if (!Number.isInteger(head.status) || head.status < 200 || head.status > 599) throw bad(`status ${head.status}`);
  const length = head.bodyLength;
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) throw bad('length of the body');
  checkOutgoingFields(head.headers);
}

/** @throws WireFault as `checkResponseHead` does */
export function checkOutgoingFields(fields: readonly HeaderField[]): void {
  for (const [name, value] of fields) {
    if (!isToken(name) || name !== name.toLowerCase()) throw bad('field name');
    if (connectionFields.has(name)) throw bad(`field ${name}`);
    if (!isFieldValue(value)) throw bad(`value of ${name}`);
  }
}

function bad(what: string): WireFault {
  return new WireFault('bad-response-head', `The response cannot be passed on: ${what}`, 502);
}
