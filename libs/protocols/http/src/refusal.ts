import { STATUS_CODES } from 'node:http';
import type { LocalResponse, Refusal } from '@sallyport/http-core';
import type { HeaderField, RequestHead } from '@sallyport/http-wire';

/**
 * A refusal as `application/problem+json` (RFC 9457), and a request that waits for approval as 202. It says the reason and
 * what to ask for by its id; never what was sent or what would have been answered.
 */
export function problemResponse(refusal: Refusal, head: RequestHead): LocalResponse {
  const { status, code, text, decisionId, approval, retryAfterSeconds } = refusal;
  const held = approval !== undefined && status === 202;
  const document = {
    type: `urn:sallyport:problem:${code}`,
    title: held ? 'Waiting for approval' : (STATUS_CODES[status] ?? 'Refused'),
    status,
    code,
    detail: text,
    decision: decisionId,
    approval,
  };
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  const headers: HeaderField[] = [
    ['content-type', held ? 'application/json' : 'application/problem+json'],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
  ];
  if (held) headers.push(['location', approval.url]);
  if (retryAfterSeconds !== undefined) headers.push(['retry-after', String(Math.ceil(retryAfterSeconds))]);
  if (status === 401) headers.push(['www-authenticate', 'Bearer realm="sallyport"']);
  if (status === 405) headers.push(['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
  return { status, headers, body: head.method === 'HEAD' ? Buffer.alloc(0) : body };
}
