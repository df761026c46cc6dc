import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { IncomingHttpHeaders, SecureServerOptions } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An HTTP/2 origin of Node's own making. */
export class H2Origin {
  readonly sessions: ServerHttp2Session[] = [];

  private constructor(readonly server: Http2SecureServer) {}

  static async start(
    identity: Identity,
    onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
    options: SecureServerOptions = {},
  ): Promise<H2Origin> {
    const origin = new H2Origin(createSecureServer({ ...identity, ...options }));
    origin.server.on('session', (session) => {
      origin.sessions.push(session);
      session.on('error', () => undefined);
    });
    origin.server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      onStream(stream, headers);
    });
    await new Promise<void>((resolve) => origin.server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, push: 5, goaway: 7 } as const;

/** RFC 9113 section 4.1. */
export function h2Frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** An origin that agrees to HTTP/2 and then says these bytes behind its settings, once it was asked something. */
export async function startRawH2Origin(
  identity: Identity,
  onRequest: (socket: TLSSocket) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets: TLSSocket[] = [];
  const server = createServer({ ...identity, ALPNProtocols: ['h2'] }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).resume();
    socket.write(Buffer.concat([h2Frame(frameType.settings, 0, 0), h2Frame(frameType.settings, 1, 0)]));
    // The preface, its settings and the request come together or apart: some time later all of it is there.
    socket.once('data', () => setTimeout(() => onRequest(socket), 30));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
