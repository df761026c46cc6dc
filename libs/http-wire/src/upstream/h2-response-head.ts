import { connectionFields } from '../headers/connection-fields.js';
import { isFieldValue, isToken } from '../headers/field-syntax.js';
import { WireFault, type HeaderField, type ResponseHead } from '../message.js';
import { announcesOnly } from './response-head.js';
import type { UpstreamLimits } from './upstream-limits.js';

const digits = /^[0-9]{1,15}$/;
/** What node:http2 lets pass of RFC 9113 section 8.2.2. */
const forbidden = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

export interface H2Response {
  /** Name, value, name, value. */
  readonly raw: readonly string[];
  /** No body follows. */
  readonly ended: boolean;
}

/** The head of an HTTP/2 response. Throws a WireFault. @param method that was asked with */
export function h2ResponseHead({ raw, ended }: H2Response, method: string, limits: UpstreamLimits): ResponseHead {
  let status = 0;
  let length: number | undefined;
  let bytes = 0;
  const headers: HeaderField[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index]!, raw[index + 1]!];
    bytes += name.length + value.length;
    if (name === ':status') status = Number(value);
    else if (name === 'content-length') length = lengthOf(value, length);
    else headers.push(fieldOf(name, value));
  }
  if (headers.length > limits.maxFields) throw fault('field-count', 'The header has too many fields');
  if (bytes > limits.maxHeadBytes) throw fault('head-too-long', 'The head is too long');
  if (!(status >= 200 && status <= 599)) throw fault('status', 'The status is not one of a response');
  return {
    status,
    headers: headers.filter(([name]) => !connectionFields.has(name)),
    bodyLength: ended && !announcesOnly(method, status) ? 0 : length,
  };
}

function lengthOf(value: string, before: number | undefined): number {
  if (before !== undefined || !digits.test(value)) throw fault('content-length', 'Content-Length is malformed');
  return Number(value);
}

function fieldOf(name: string, value: string): HeaderField {
  if (!isToken(name) || forbidden.has(name)) throw fault('field-line', 'A header field is malformed');
  if (!isFieldValue(value)) throw fault('field-line', 'A header field holds a control character');
  return [name, value];
}

function fault(code: string, message: string): WireFault {
  return new WireFault(code, message, 400);
}
