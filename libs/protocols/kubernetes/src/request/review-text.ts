import { createHash } from 'node:crypto';
import type { JsonValue } from './json-value.js';
import type { KnownBody } from './read-body.js';

/** More than a reviewer reads. What is beyond is said to be there, and bound by its hash. Characters. */
const maxShown = 256 * 1024;

/** What a reviewer reads: the request line as it is forwarded, and the body with digests for what nobody is to see. */
export function reviewText(requestLine: string, shown: JsonValue | undefined): string {
  if (shown === undefined) return requestLine;
  const text = JSON.stringify(shown, undefined, 2);
  const rest = text.length - maxShown;
  return `${requestLine}\n${rest > 0 ? `${text.slice(0, maxShown)}\n… ${rest} more characters, SHA-256 ${sha256(text)}` : text}`;
}

/** Binds an approval to the very bytes, the digested values among them. */
export function bodyBinding(body: KnownBody | undefined): string | undefined {
  return body && `body ${sha256(body.bytes)}`;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
