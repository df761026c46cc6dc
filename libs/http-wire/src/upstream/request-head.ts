import { canonicalAuthority } from '../headers/authority.js';
import { connectionFields } from '../headers/connection-fields.js';
import { isFieldValue, isToken } from '../headers/field-syntax.js';
import { WireFault, type UpstreamRequest } from '../message.js';

const originForm = /^\/[\x21\x22\x24-\x7e]*$/;
const protocolName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/;
/** Methods whose requests say so when they have no body (RFC 9110 section 8.6). */
const bodyMethods = new Set(['POST', 'PUT', 'PATCH']);

/** Heads of requests that were found to be without fault; whoever asks the same again hands in the same object. */
const heads = new WeakMap<UpstreamRequest, string>();

/** What is wrong with a request that is about to be sent; undefined: nothing, it can be read in one way only. */
export function requestFault(request: UpstreamRequest): WireFault | undefined {
  return heads.has(request) ? undefined : faultOf(request);
}

function faultOf(request: UpstreamRequest): WireFault | undefined {
  const { method, target, authority, headers, upgrade, body } = request;
  if (!isToken(method) || method === 'CONNECT') return fault('method');
  if (!originForm.test(target)) return fault('target');
  if (canonicalAuthority(authority) === undefined) return fault('authority');
  // A body in front of a switch would be framed by one protocol and read by another.
  if (upgrade !== undefined && (body !== undefined || !protocolName.test(upgrade))) return fault('upgrade');
  for (const [name, value] of headers) {
    if (!isToken(name) || name !== name.toLowerCase() || connectionFields.has(name)) return fault('field-name');
    if (!isFieldValue(value)) return fault('field-value');
  }
  const length = body?.length ?? 0;
  return Number.isSafeInteger(length) && length >= 0 ? undefined : fault('length');
}

/** The head of an HTTP/1.1 request as latin1 text; the request is one in which `requestFault` finds no fault. */
export function requestHeadText(request: UpstreamRequest): string {
  const known = heads.get(request);
  if (known !== undefined) return known;
  let text = `${request.method} ${request.target} HTTP/1.1\r\nhost: ${request.authority}\r\n`;
  for (const [name, value] of request.headers) text += `${name}: ${value}\r\n`;
  text = `${text}${framingText(request)}\r\n`;
  if (request.body === undefined) heads.set(request, text);
  return text;
}

function framingText({ method, body, upgrade }: UpstreamRequest): string {
  const switching = upgrade === undefined ? '' : `connection: Upgrade\r\nupgrade: ${upgrade}\r\n`;
  if (body === undefined) return bodyMethods.has(method) ? `${switching}content-length: 0\r\n` : switching;
  return body.length === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${body.length}\r\n`;
}

function fault(part: string): WireFault {
  return new WireFault(`request-${part}`, `the request cannot be sent to the target as it is: ${part}`, 502);
}
