import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { AuditedRequest } from './audit-log.js';
import type { Identity } from './authentication.js';
import type { HeaderValues } from './header-values.js';

/** One request, authenticated and read whole, whatever version of HTTP it came by. */
export interface ApiRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: HeaderValues;
  readonly body: Buffer;
  readonly identity: Identity;
  readonly audited: AuditedRequest;
}
export type HttpRequest = IncomingMessage | Http2ServerRequest;
/** Of either version: the one of HTTP/2 has all that is used here. */
export type HttpResponse = ServerResponse;

export interface Answer {
  readonly code: number;
  /** JSON values are written as JSON (or YAML, when asked); strings and buffers as they are. */
  readonly body: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Texts of `Warning: 299` headers. */
  readonly warnings?: readonly string[];
}
/** For what is not one body: watches, logs, proxied answers. Resolves when the answer is over. */
export type StreamedAnswer = (response: HttpResponse) => Promise<void>;
export type Reply = Answer | StreamedAnswer;
