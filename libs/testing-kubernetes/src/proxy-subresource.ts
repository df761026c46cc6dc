import { request as httpRequest } from 'node:http';
import type { ApiRequest, HttpResponse, StreamedAnswer } from './api-request.js';
import type { Cluster } from './cluster.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';

/** Loopback HTTP servers that stand for what runs in the cluster. */
export interface ProxyTargets {
  /** Port for a resource (`services/NAME`, `pods/NAME`, `nodes/NAME`); undefined when nothing answers there. */
  portOf(target: { readonly resource: string; readonly name: string; readonly port: string }): number | undefined;
}

/** Headers that belong to the connection or to the API server, never to what is proxied to. */
const kept = new Set([
  'connection',
  'host',
  'authorization',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'http2-settings',
]);

/** `/proxy/…` of services, pods and nodes: an HTTP request from inside the cluster. */
export function proxyRequest(
  targets: ProxyTargets,
  cluster: Cluster,
  request: ApiRequest,
  target: ResourceRequest,
): StreamedAnswer {
  const { scheme, name, port } = parseProxyName(target.name ?? '');
  cluster.read(target.kind, target.namespace, name);
  const destination = targets.portOf({ resource: target.kind.plural, name, port });
  if (destination === undefined || scheme === 'https') {
    const message = `error trying to reach service: dial tcp: connect: connection refused`;
    throw new StatusError(503, 'ServiceUnavailable', message, {});
  }
  const query = request.query.toString();
  const path = `${target.proxyPath ?? '/'}${query ? `?${query}` : ''}`;
  return (response) => forward(request, { port: destination, path }, response);
}

/** `[scheme:]name[:port]` */
function parseProxyName(text: string): { scheme: string; name: string; port: string } {
  const parts = text.split(':');
  if (parts.length === 3) return { scheme: parts[0] ?? '', name: parts[1] ?? '', port: parts[2] ?? '' };
  return { scheme: 'http', name: parts[0] ?? '', port: parts[1] ?? '' };
}

function forward(request: ApiRequest, to: { port: number; path: string }, response: HttpResponse): Promise<void> {
  const headers = Object.fromEntries(
    [...request.headers]
      .filter(([name]) => !name.startsWith(':') && !kept.has(name))
      .map(([name, values]) => [name, [...values]]),
  );
  return new Promise((resolve, reject) => {
    const upstream = httpRequest(
      { host: '127.0.0.1', port: to.port, path: to.path, method: request.method, headers },
      (answer) => {
        response.statusCode = answer.statusCode ?? 502;
        for (const [name, value] of Object.entries(answer.headers)) {
          if (value !== undefined && !kept.has(name)) response.setHeader(name, value);
        }
        answer.pipe(response);
        answer.on('end', resolve).on('error', reject);
      },
    );
    upstream.on('error', (error) =>
      reject(new StatusError(502, 'BadGateway', `error trying to reach service: ${error.message}`)),
    );
    upstream.end(request.body);
  });
}
