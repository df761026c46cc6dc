import type { Socket } from 'node:net';
import type { WireFault } from '../message.js';
import type { Dialer } from './dial.js';
import { DialAttempts } from './dial-attempts.js';
import type { Exchange } from './exchange.js';
import { H1Connection, type ConnectionOwner } from './h1-connection.js';
import type { UpstreamLimits } from './upstream-limits.js';
import { WaitingExchanges } from './waiting-exchanges.js';

/** The HTTP/1.1 connections of a pool. */
export class H1Lane {
  readonly #connections = new Set<H1Connection>();
  /** The last one used is the first one used again: the others time out. */
  readonly #idle: H1Connection[] = [];
  readonly #waiting: WaitingExchanges;
  readonly #attempts: DialAttempts;
  readonly #owner: ConnectionOwner = {
    idle: (connection) => {
      const next = this.#waiting.take();
      if (next === undefined) this.#idle.push(connection);
      else connection.start(next);
    },
    gone: (connection) => {
      this.#connections.delete(connection);
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#dialForWaiting();
    },
  };
  #closed = false;

  constructor(
    dialer: Dialer,
    private readonly limits: UpstreamLimits,
  ) {
    this.#waiting = new WaitingExchanges(limits);
    this.#attempts = new DialAttempts(dialer, ['http/1.1'], limits.connectMs);
  }

  /** Something here lives that time must pass for. */
  get busy(): boolean {
    return this.#connections.size + this.#waiting.count + this.#attempts.count > 0;
  }

  send(exchange: Exchange): void {
    const connection = this.#takeIdle();
    if (connection !== undefined) return connection.start(exchange);
    this.#waiting.add(exchange);
    this.#dialForWaiting();
  }

  /** Takes over a connection that turned out to speak HTTP/1.1. */
  adopt(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const connection = new H1Connection(socket, this.limits, this.#owner);
    this.#connections.add(connection);
    this.#owner.idle(connection);
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

  #takeIdle(): H1Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.usable) return connection;
      connection.destroy();
    }
    return undefined;
  }

  #dialForWaiting(): void {
    while (
      !this.#closed &&
      this.#attempts.count < this.#waiting.count &&
      this.#attempts.count + this.#connections.size < this.limits.maxConnections
    ) {
      this.#attempts.open(
        (socket) => this.adopt(socket),
        (fault) => {
          this.#waiting.take()?.fail(fault, false);
          this.#dialForWaiting();
        },
      );
    }
  }
}
