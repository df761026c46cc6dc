import type { RequestHead } from '@sallyport/http-wire';

/** Browsers cannot set headers on a websocket, so the API server takes a token as a subprotocol; so do clients of ours. */
const bearerSubprotocol = /^base64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]+)$/;

/** The one credential that a client shows. Two different ones are none: it would be unclear who asks. */
export function credentialOf(head: RequestHead): string | undefined {
  const shown = new Set<string>();
  for (const [name, value] of head.headers) {
    if (name === 'authorization') shown.add(/^Bearer +([!-~]+)$/i.exec(value)?.[1] ?? '');
    if (name === 'sallyport-token') shown.add(value);
    if (name === 'sec-websocket-protocol') {
      for (const offered of value.split(',')) {
        const token = bearerSubprotocol.exec(offered.trim())?.[1];
        if (token !== undefined) shown.add(Buffer.from(token, 'base64url').toString('latin1'));
      }
    }
  }
  const [credential] = shown;
  return shown.size === 1 && credential !== '' ? credential : undefined;
}
