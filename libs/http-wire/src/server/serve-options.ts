import type { Socket } from 'node:net';
import type { ServerRequest } from '../message.js';
import type { ServerLimits } from './server-limits.js';

export interface ServeOptions {
  /** Those not given are the defaults. */
  readonly limits?: Partial<ServerLimits>;
  /**
   * The TCP connection under a TLS socket. It is reset where a body ends with the connection and breaks off: TLS would end it
   * as if it were whole. Without it, HTTP/1.0 clients get no answer of unknown length.
   */
  readonly transport?: Socket;
  /** One request; it must be answered or aborted, now or later. When this throws, the request is aborted. */
  onRequest(request: ServerRequest): void;
  /** Once, when the connection is gone. */
  onClose?(): void;
  /** Why bytes were refused (`WireFault`) or the connection broken off: anything else was thrown by a handler. */
  onFault?(cause: unknown): void;
}
