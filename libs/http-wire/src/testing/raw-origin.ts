import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** An origin that says whatever a test has it say. */
export class RawOrigin {
  /** Everything that came in, connection by connection, as latin1 text. */
  readonly received: string[] = [];
  readonly sockets: Socket[] = [];

  private constructor(private readonly server: Server) {}

  /** @param onRequest called for each piece that arrives, with all that came on the connection so far */
  static async start(onRequest: (socket: Socket, received: string) => void): Promise<RawOrigin> {
    const server = createServer({ noDelay: true });
    const origin = new RawOrigin(server);
    server.on('connection', (socket) => {
      const at = origin.sockets.push(socket) - 1;
      origin.received.push('');
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        origin.received[at] += chunk.toString('latin1');
        onRequest(socket, origin.received[at]!);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  /** One that answers each request head with these bytes, and then, if told, closes. */
  static answering(bytes: string | Buffer, close = false): Promise<RawOrigin> {
    return RawOrigin.start((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write(bytes as string, 'latin1');
      if (close) socket.end();
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
