import type { BodyReader, UpstreamRequest } from '@sallyport/http-wire';
import type { ForwardRequest, TunnelHandler } from './protocol.js';
import type { WebSession } from './web-session.js';

export interface StreamedBody {
  readonly reader: BodyReader;
  /** Bytes, where they are known. */
  readonly length: number | undefined;
}

/** What the target gets: the judged request under the resource's own credential, which replaces whatever stands in its place. */
export function upstreamRequest(
  { parts, authority, credential, ownHeaders }: WebSession,
  { method, path, headers, body, upgrade }: ForwardRequest,
  { tunnel, body: streamed }: { readonly tunnel: TunnelHandler | undefined; readonly body: StreamedBody | undefined },
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
