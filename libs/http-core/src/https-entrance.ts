import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { GatewayHost, ProtocolAdapter, ResourceBinding } from '@sallyport/enforcement';
import { acceptHttp } from '@sallyport/http-wire';
import { ClientConnection, type ConnectionSurroundings } from './client-connection.js';
import type { HttpProtocol, HttpTarget } from './protocol.js';
import { Router } from './routing.js';

export interface HttpsEntranceOptions {
  /** Under which HTTP resources have hosts of their own. */
  readonly domain?: string | undefined;
}

/** The one listener of every protocol on HTTP. */
export function createHttpsEntrance(
  protocols: readonly HttpProtocol[],
  options: HttpsEntranceOptions = {},
): ProtocolAdapter {
  const router = new Router(protocols, options.domain);
  const targets = new Targets();
  return {
    listener: 'https',
    serves: protocols.map(({ protocol, capabilities }) => ({ protocol, capabilities })),
    accept: (socket, host) => {
      const around: ConnectionSurroundings = {
        host,
        router,
        targetOf: (protocol, binding) => targets.of(protocol, binding, host),
      };
      const context = host.tls();
      if (!context) return serve(socket, around);
      void secured(socket, context, host.limits.authTimeoutMs).then(
        (secure) => serve(secure, around, socket),
        () => socket.destroy(),
      );
    },
  };
}

/** @param transport what is below TLS */
function serve(socket: Socket | TLSSocket, around: ConnectionSurroundings, transport?: Socket): void {
  const name = socket instanceof TLSSocket ? (socket as { servername?: string | false | null }).servername : undefined;
  const client = new ClientConnection(around, socket.remoteAddress ?? 'unknown', name ? name : undefined);
  client.connection = acceptHttp(socket, {
    ...(transport && { transport }),
    onRequest: (request) => client.handle(request),
    onClose: () => client.close('the client left'),
    onFault: (cause) => {
      const reason = cause instanceof Error ? cause.message : 'unknown';
      around.host.log('debug', 'a connection was refused', { reason });
    },
  });
}

/** The server side of TLS on an accepted socket. Rejects when it fails or takes too long. */
function secured(socket: Socket, secureContext: SecureContext, timeoutMs: number): Promise<TLSSocket> {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ALPNProtocols: ['h2', 'http/1.1', 'http/1.0'],
    minVersion: 'TLSv1.2',
  } as ConstructorParameters<typeof TLSSocket>[1]);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => secure.destroy(), timeoutMs);
    secure.on('_tlsError', () => secure.destroy()).on('error', () => secure.destroy());
    secure.once('secure', () => {
      clearTimeout(timer);
      resolve(secure);
    });
    secure.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the TLS handshake failed'));
    });
  });
}

/** What protocols make of resources' settings, as long as these stay the same. */
class Targets {
  readonly #made = new Map<string, { readonly revision: string; readonly target: HttpTarget }>();

  of(protocol: HttpProtocol, binding: ResourceBinding, host: GatewayHost): HttpTarget {
    const key = `${protocol.prefix}/${binding.name}`;
    const known = this.#made.get(key);
    if (known?.revision === binding.revision) return known.target;
    const target = protocol.target(binding, { pseudonymKey: host.pseudonymKey });
    this.#made.set(key, { revision: binding.revision, target });
    return target;
  }
}
