import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** An origin of Node's own making. */
export interface NodeOrigin {
  readonly port: number;
  readonly server: Server;
  /** Connections accepted so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** @param secure over TLS, with these options */
export async function startNodeOrigin(listener: RequestListener, secure?: ServerOptions): Promise<NodeOrigin> {
  const server = secure === undefined ? createPlain(listener) : createSecure(secure, listener);
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
