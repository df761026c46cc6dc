import type { IncomingMessage, ServerResponse } from 'node:http';

/** What handlers and guards need of the server's request. */
export interface HttpRequest extends IncomingMessage {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly originalUrl: string;
  readonly body: unknown;
  /** Of the path, decoded. */
  readonly params?: Readonly<Record<string, string>>;
  /** The route that matched, where one did. */
  readonly route?: { readonly path: string };
}

export type HttpResponse = ServerResponse;
