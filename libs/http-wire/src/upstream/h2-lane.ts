import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { WireFault } from '../message.js';
import type { Dialer } from './dial.js';
import { DialAttempts } from './dial-attempts.js';
import type { Exchange } from './exchange.js';
import type { H1Lane } from './h1-lane.js';
import { H2Connection, type H2ConnectionOwner } from './h2-connection.js';
import type { UpstreamLimits } from './upstream-limits.js';
import { WaitingExchanges } from './waiting-exchanges.js';

/** The HTTP/2 connection of a pool, and those before it that still end what they began. */
export class H2Lane {
  readonly #connections = new Set<H2Connection>();
  readonly #waiting: WaitingExchanges;
  readonly #attempts: DialAttempts;
  readonly #owner: H2ConnectionOwner = {
    room: () => this.#pump(),
    gone: (connection) => {
      this.#connections.delete(connection);
      this.#pump();
    },
  };
  /** The upstream chose HTTP/1.1. */
  #declined = false;
  #closed = false;

  constructor(
    dialer: Dialer,
    private readonly limits: UpstreamLimits,
    private readonly h1: H1Lane,
  ) {
    this.#waiting = new WaitingExchanges(limits);
    this.#attempts = new DialAttempts(dialer, ['h2', 'http/1.1'], limits.connectMs);
  }

  get busy(): boolean {
    return this.#connections.size + this.#waiting.count + this.#attempts.count > 0;
  }

  /** A switch of protocols is for HTTP/1.1, unless the upstream is known to take it here. */
  send(exchange: Exchange): void {
    const { upgrade } = exchange.request;
    if (this.#declined || (upgrade !== undefined && !(upgrade === 'websocket' && this.#current()?.takesConnect))) {
      this.h1.send(exchange);
      return;
    }
    this.#waiting.add(exchange);
    this.#pump();
  }

  tick(ms: number): void {
    for (const connection of [...this.#connections]) connection.tick(ms);
    this.#waiting.tick(ms);
    this.#attempts.tick(ms);
  }

  close(fault: WireFault): void {
    this.#closed = true;
    this.#attempts.abort(fault);
    this.#waiting.fail(fault);
    for (const connection of [...this.#connections]) connection.destroy(fault);
  }

  #current(): H2Connection | undefined {
    for (const connection of this.#connections) if (!connection.over) return connection;
    return undefined;
  }

  #pump(): void {
    const connection = this.#current();
    if (connection === undefined) return this.#dialForWaiting();
    while (!connection.over && !connection.full) {
      const exchange = this.#waiting.take();
      if (exchange === undefined) return;
      connection.start(exchange);
    }
  }

  #dialForWaiting(): void {
    if (this.#closed || this.#waiting.count === 0 || this.#attempts.count > 0) return;
    this.#attempts.open(
      (socket) => this.#connected(socket),
      (fault) => {
        this.#waiting.take()?.fail(fault, false);
        this.#pump();
      },
    );
  }

  #connected(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    if ((socket as TLSSocket).alpnProtocol === 'h2') {
      this.#connections.add(new H2Connection(socket, this.limits, this.#owner));
      this.#pump();
      return;
    }
    this.#declined = true;
    this.h1.adopt(socket);
    for (const exchange of this.#waiting.takeAll()) this.h1.send(exchange);
  }
}
