import { createHash } from 'node:crypto';
import { sensitiveHeaders, type OutgoingHttpHeaders } from 'node:http2';
import type { HeaderField, UpstreamRequest } from '../message.js';

/** Never indexed by header compression, so that nobody guesses them by the size of what is sent (RFC 7541 section 7.1). */
const sensitive = ['authorization', 'cookie', 'proxy-authorization'];
/** The key and its answer prove an HTTP/1.1 switch; RFC 8441 section 5 does without them. */
const websocketKey = 'sec-websocket-key';
const websocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The headers of an HTTP/2 request; with an upgrade: of an extended CONNECT. */
export function h2RequestHeaders(request: UpstreamRequest): OutgoingHttpHeaders {
  const { method, target, authority, upgrade, body } = request;
  const headers: Record<string | symbol, string | string[]> = Object.create(null) as Record<string, string>;
  headers[':method'] = upgrade === undefined ? method : 'CONNECT';
  if (upgrade !== undefined) headers[':protocol'] = upgrade;
  headers[':scheme'] = 'https';
  headers[':authority'] = authority;
  headers[':path'] = target;
  for (const [name, value] of request.headers) {
    if (upgrade !== undefined && name === websocketKey) continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  if (body?.length !== undefined) headers['content-length'] = String(body.length);
  headers[sensitiveHeaders] = sensitive.filter((name) => headers[name] !== undefined);
  return headers;
}

/** What an HTTP/1.1 upstream would have answered the request's WebSocket key with (RFC 6455 section 4.2.2). */
export function websocketAccept(request: UpstreamRequest): readonly HeaderField[] {
  const key = request.headers.find(([name]) => name === websocketKey)?.[1];
  if (key === undefined) return [];
  return [['sec-websocket-accept', createHash('sha1').update(`${key}${websocketGuid}`).digest('base64')]];
}
