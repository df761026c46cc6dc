import type { HeaderField, RequestHead } from '@sallyport/http-wire';

/** A websocket client in a browser can set no header; it offers its token among the subprotocols instead. */
export const bearerProtocol = 'sallyport.bearer.';
const token = /^[A-Za-z0-9._~+/-]+=*$/;

/** The token that the client shows; undefined where there is none, or several that would have to agree. */
export function credentialOf(head: RequestHead): string | undefined {
  const own = valuesOf(head.headers, 'sallyport-token');
  if (own.length > 0) return own.length === 1 ? usable(own[0]!) : undefined;
  const authorization = valuesOf(head.headers, 'authorization');
  if (authorization.length > 0) {
    const bearer = authorization.length === 1 ? /^bearer +(\S+)$/i.exec(authorization[0]!) : null;
    return bearer ? usable(bearer[1]!) : undefined;
  }
  if (head.upgrade !== 'websocket') return undefined;
  const offered = subprotocols(head.headers).filter((name) => name.startsWith(bearerProtocol));
  return offered.length === 1 ? usable(offered[0]!.slice(bearerProtocol.length)) : undefined;
}

/** What a websocket client offers, in its order (RFC 6455 section 11.3.4). */
export function subprotocols(headers: readonly HeaderField[]): string[] {
  return valuesOf(headers, 'sec-websocket-protocol')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** True where the token came apart from `Authorization`, which then is for the target. */
export function showsOwnToken(head: RequestHead): boolean {
  return head.headers.some(([name]) => name === 'sallyport-token');
}

function valuesOf(headers: readonly HeaderField[], wanted: string): string[] {
  return headers.flatMap(([name, value]) => (name === wanted ? [value] : []));
}

function usable(text: string): string | undefined {
  return token.test(text) ? text : undefined;
}
