/**
 * Fields that speak of one connection and end with it (RFC 9110 section 7.6.1), or that this package answers itself. They
 * never reach a handler, and no handler may send them: whoever writes a message frames it.
 */
export const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
