import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

/** What runs in the pods: an HTTP server and one that repeats every byte. */
export interface Backends {
  /** Answers with the method and path it was asked for, as text. */
  readonly httpPort: number;
  readonly echoPort: number;
  stop(): void;
}

export async function startBackends(): Promise<Backends> {
  const http = createHttpServer((request, response) => {
    response.setHeader('content-type', 'text/plain');
    response.setHeader('set-cookie', 'pod=1; Path=/');
    if (request.url === '/redirect') {
      response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end();
      return;
    }
    request.resume().on('end', () => response.end(`pod answers ${request.method} ${request.url}\n`));
  });
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  const sockets = new Set<Socket>();
  const ports = await Promise.all([http, echo].map((server) => listen(server, sockets)));
  return {
    httpPort: ports[0] ?? 0,
    echoPort: ports[1] ?? 0,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      http.close();
      echo.close();
    },
  };
}

async function listen(server: Server, sockets: Set<Socket>): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
