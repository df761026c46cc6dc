import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { answers, type OriginState } from './http-origin-answers.js';

/** One request as the origin understood it. */
export interface SeenRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  body: string;
  /** It came whole; only then anything is done about it. */
  whole: boolean;
  /** Which of the origin's connections it came on. */
  readonly connection: number;
}

export interface OriginOptions {
  /** Serves TLS with these. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A service on node:http that keeps every byte it was sent, and what it took these bytes for. */
export class HttpOrigin {
  readonly requests: SeenRequest[] = [];
  /** What websocket clients said. */
  readonly messages: string[] = [];
  readonly #wires: Buffer[][] = [];
  readonly #sockets = new Map<Socket, number>();
  readonly #server;

  private constructor(
    readonly state: OriginState,
    options: OriginOptions,
  ) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#serve(request, response);
    this.#server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener);
    this.#server.on('clientError', (_error, socket) => socket.destroy());
    this.#server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#watch(socket));
    const sockets = new WebSocketServer({
      server: this.#server,
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    sockets.on('connection', (socket, request) => {
      this.requests.push(seen(request, this.#sockets.get(request.socket) ?? -1));
      socket.on('message', (data, binary) => {
        this.messages.push(String(data));
        socket.send(`echo ${String(data)}`, { binary });
      });
    });
  }

  static async start(state: OriginState, options: OriginOptions = {}): Promise<HttpOrigin> {
    const origin = new HttpOrigin(state, options);
    await new Promise<void>((resolve) => origin.#server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What arrived since, one text for each connection. */
  get wire(): string[] {
    return this.#wires.map((chunks) => Buffer.concat(chunks).toString('latin1'));
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Forgets what it saw. */
  forget(): void {
    this.requests.length = 0;
    this.messages.length = 0;
    for (const chunks of this.#wires) chunks.length = 0;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #watch(socket: Socket): void {
    const chunks: Buffer[] = [];
    this.#sockets.set(socket, this.#wires.push(chunks) - 1);
    // Behind the parser's own listener, which then reads through the same event.
    socket.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const entry = seen(request, this.#sockets.get(request.socket) ?? -1);
    this.requests.push(entry);
    const { pathname, searchParams: query } = new URL(entry.target, 'http://origin');
    const path = pathname.replace(/^\/v1(?=\/)/, '');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      entry.whole = true;
      entry.body = Buffer.concat(chunks).toString();
      const answer = answers.find((each) => each.path.test(path));
      if (!answer) return void response.writeHead(404).end();
      void answer.give({ path, query, request: entry, response, state: this.state });
    });
  }
}

function seen(request: IncomingMessage, connection: number): SeenRequest {
  return {
    method: request.method!,
    target: request.url!,
    headers: request.headers as Record<string, string>,
    rawHeaders: request.rawHeaders,
    body: '',
    whole: false,
    connection,
  };
}
