import type { HttpRequest } from '../http/http-types.js';

/** The one credential that the request shows. Undefined: none, something else, or several. */
export function bearerOf(request: Pick<HttpRequest, 'headersDistinct'>): string | undefined {
  // Two headers are two stories; Node joins or drops duplicates, so look at the distinct values.
  const given = request.headersDistinct['authorization'] ?? [];
  return given.length === 1 ? /^Bearer +([\x21-\x7e]+)$/i.exec(given[0]!)?.[1] : undefined;
}
