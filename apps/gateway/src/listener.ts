import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { GatewayHost, ProtocolAdapter } from '@sallyport/enforcement';
import { acceptReusing } from '@sallyport/wire-kit';
import type { ListenAddress } from './config.js';
import type { Logger } from './logger.js';

export interface ListenerOptions {
  readonly address: ListenAddress;
  /** SO_REUSEPORT: processes of the same user may listen here too, and share what arrives. */
  readonly reusePort: boolean;
  /** What is read goes straight to the protocol: no TLS reads for it. */
  readonly plain: boolean;
  readonly adapter: ProtocolAdapter;
  readonly host: GatewayHost;
  /** Sessions that are open on this listener's protocol: the other sockets have not authenticated yet. */
  readonly sessions: () => number;
  readonly maxConnections: number;
  readonly log: Logger;
}

/** Accepts sockets for one protocol. Nothing here waits for anything: a slow client costs nobody else. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refused = 0;

  constructor(private readonly options: ListenerOptions) {
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
      this.#accept(options.plain ? acceptReusing(socket) : socket),
    );
  }

  /** Sockets turned away because there were too many. */
  get refused(): number {
    return this.#refused;
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  get listening(): boolean {
    return this.#server.listening;
  }

  /** @returns the port. Rejects when the address is taken or not this machine's. */
  async start(): Promise<number> {
    const { address, reusePort } = this.options;
    const { host, port } = address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, reusePort, backlog: 1024 }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.options.log.error({ error: error.message }, 'the listener failed'));
    return (this.#server.address() as AddressInfo).port;
  }

  stopAccepting(): void {
    this.#server.close();
  }

  /** Ends every socket that is left, however far it came. */
  destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { adapter, host, maxConnections, sessions, log } = this.options;
    const unauthenticated = this.#sockets.size - sessions();
    if (this.#sockets.size >= maxConnections || unauthenticated >= host.limits.maxUnauthenticated) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // The adapter has its own; this one is there before it and after it, so that no socket error ends the process.
    socket.on('error', () => undefined);
    try {
      adapter.accept(socket, host);
    } catch (error) {
      log.error(
        { listener: adapter.listener, error: (error as Error).message },
        'an adapter failed on a new connection',
      );
      socket.destroy();
    }
  }
}
