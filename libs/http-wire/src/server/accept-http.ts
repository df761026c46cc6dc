import type { Duplex } from 'node:stream';
import { serveHttp } from '../h1/h1-connection.js';
import { serveHttp2 } from '../h2/h2-connection.js';
import type { ServerConnection } from '../message.js';
import type { ServeOptions } from './serve-options.js';

/**
 * Serves the version of HTTP that the TLS handshake chose: HTTP/2 where ALPN says `h2`, otherwise HTTP/1.1. HTTP/2 without
 * TLS is not served: neither its preface nor `Upgrade: h2c` (RFC 9113 section 3.1).
 * @param socket after its handshake
 */
export function acceptHttp(
  socket: Duplex & { readonly alpnProtocol?: string | false | null },
  options: ServeOptions,
): ServerConnection {
  return socket.alpnProtocol === 'h2' ? serveHttp2(socket, options) : serveHttp(socket, options);
}
