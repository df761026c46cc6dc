import type { HeaderField } from '@sallyport/http-wire';

/**
 * Headers that may reach any target. Whatever else a client sends stays here: identity (`X-Forwarded-*`, `X-Remote-*`, …),
 * routing (`X-Original-URL`), credentials and everything hop by hop, in whatever spelling a target may know it.
 */
const allowed: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'idempotency-key',
  'last-event-id',
  'origin',
  'pragma',
  'range',
  'referer',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-request-id',
  'x-requested-with',
]);
/** Never, even where a resource's settings name them: they are the gateway's to set, or frame messages. */
const reserved =
  /^(authorization|connection|content-encoding|content-length|expect|forwarded|host|http2-settings|keep-alive|proxy-.*|sallyport-.*|sec-websocket-.*|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*|x-real-ip|x-original-.*|x-rewrite-.*)$/;

/**
 * The client's headers that go on, in their order.
 * @param more names in lower case that the resource's settings allow besides
 */
export function forwardedHeaders(headers: readonly HeaderField[], more?: ReadonlySet<string>): HeaderField[] {
  return headers.filter(([name]) => allowed.has(name) || (more?.has(name) === true && !reserved.test(name)));
}
