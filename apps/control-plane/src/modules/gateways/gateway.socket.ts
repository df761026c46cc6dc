import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import { LOGGER } from '../../platform/logging/logger.js';
import { closeCode, GatewayConnection } from './gateway-connection.js';
import { GatewayHub } from './gateway-hub.js';
import { GatewaysService } from './gateways.service.js';
import { Greeting } from './greeting.js';
import { MessageHandlers } from './message-handlers.js';

const path = '/gateway';
/**
 * Largest message. Segments are about a mebibyte, but a decision about the largest statement that a gateway takes stands
 * in one of them whole, as JSON, where a character may take six bytes. Bytes.
 */
const maxMessageBytes = 128 * 1024 * 1024;
/** What a connection may send before it has proved who it is: a hello with some tens of thousands of sessions. Bytes. */
const maxUnprovenBytes = 2 * 1024 * 1024;
const maxUnproven = 64;
const maxUnprovenPerAddress = 8;
const proveWithinMs = 30_000;
const pingEveryMs = 10_000;

/** The WebSocket that gateways dial, on the API's own server. */
@Injectable()
export class GatewaySocket implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  /** Connections that have not proved who they are, by their address. */
  readonly #unproven = new Map<WebSocket, string>();

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly hub: GatewayHub,
    private readonly gateways: GatewaysService,
    private readonly greeting: Greeting,
    private readonly handlers: MessageHandlers,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    // A worker of its own has no HTTP adapter, and nobody dials it.
    const server = this.http.httpAdapter?.getHttpServer() as Server | undefined;
    server?.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  /** Before the HTTP server closes, which waits for its sockets. Gateways find another replica. */
  beforeApplicationShutdown(): void {
    for (const socket of this.#sockets.clients) {
      socket.close(closeCode.restart, 'this replica stops');
      setTimeout(() => socket.terminate(), 1_000).unref();
    }
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refusal = this.#whyRefused(request);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted, request));
  }

  #whyRefused(request: IncomingMessage): string | undefined {
    if (request.url !== path) return '404 Not Found';
    // Only browsers send it, and no browser is a gateway.
    if (request.headers.origin !== undefined) return '403 Forbidden';
    const address = request.socket.remoteAddress ?? '';
    const fromThere = [...this.#unproven.values()].filter((other) => other === address).length;
    const isCrowded = this.#unproven.size >= maxUnproven || fromThere >= maxUnprovenPerAddress;
    return isCrowded ? '503 Service Unavailable' : undefined;
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    this.#unproven.set(socket, request.socket.remoteAddress ?? '');
    const stopWatching = watchUnproven(socket, request);
    const stopPinging = keepAlive(socket);
    socket.on('error', (error) => this.log.debug({ err: error }, 'a gateway connection failed'));
    const connection = new GatewayConnection({
      socket,
      gateways: this.gateways,
      greeting: this.greeting,
      handlers: this.handlers,
      log: this.log,
      onProven: (proven, gateway) => {
        this.#unproven.delete(socket);
        stopWatching();
        this.hub.join(proven, gateway);
        // It may have closed while its proof was looked at.
        if (socket.readyState !== socket.OPEN) this.hub.leave(proven);
      },
      onReady: () => this.hub.ready(connection),
    });
    socket.on('close', () => {
      this.#unproven.delete(socket);
      stopWatching();
      stopPinging();
      this.hub.leave(connection);
    });
  }
}

/** Ends a connection that takes too long, or says too much, before it has proved who it is. */
function watchUnproven(socket: WebSocket, request: IncomingMessage): () => void {
  const tcp = request.socket;
  const before = tcp.bytesRead;
  const count = (): void => {
    if (tcp.bytesRead - before > maxUnprovenBytes) socket.terminate();
  };
  const deadline = setTimeout(() => socket.close(closeCode.policy, 'too slow'), proveWithinMs);
  const harder = setTimeout(() => socket.terminate(), proveWithinMs + 2_000);
  tcp.on('data', count);
  return () => {
    clearTimeout(deadline);
    clearTimeout(harder);
    tcp.off('data', count);
  };
}

/** Ends a connection whose peer is gone without a word. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => (isAlive = true));
  socket.on('message', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingEveryMs);
  return () => clearInterval(timer);
}
