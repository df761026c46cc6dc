import type { BodyReader, UpstreamRequest } from '@sallyport/http-wire';
import type { ForwardRequest, TunnelHandler } from './protocol.js';
import type { WebSession } from './web-session.js';

export interface StreamedBody {
  readonly reader: BodyReader;
  /** Bytes, where they are known. */
  readonly length: number | undefined;
}

interface Extras {
  readonly tunnel: TunnelHandler | undefined;
  readonly body: StreamedBody | undefined;
}

/**
 * What the target gets: the judged request under the resource's own credential, which replaces whatever stands in its place.
 * Requests that are alike in everything share one object.
 */
export function upstreamRequest(session: WebSession, forward: ForwardRequest, extras: Extras): UpstreamRequest {
  if (forward.body !== 'none' || extras.tunnel) return made(session, forward, extras);
  let known = session.requests.get(forward);
  if (!known) session.requests.set(forward, (known = made(session, forward, extras)));
  return known;
}

function made(
  { parts, authority, credential, ownHeaders }: WebSession,
  { method, path, headers, body, upgrade }: ForwardRequest,
  { tunnel, body: streamed }: Extras,
): UpstreamRequest {
  return {
    method,
    target: `${parts.binding.upstream.path ?? ''}${path}`,
    authority,
    headers: [
      ...headers.filter(([name]) => !ownHeaders.has(name)),
      ...(tunnel?.requestHeaders ?? []),
      ['accept-encoding', 'identity'],
      ...credential.headers,
    ],
    body: Buffer.isBuffer(body) ? body : streamed,
    upgrade,
  };
}
