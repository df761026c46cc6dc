import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createServer, request as ask, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Action } from '@sallyport/domain';
import type { RunningTunnel, TunnelHandler } from '@sallyport/http-core';
import type { HeaderField } from '@sallyport/http-wire';
import { understood } from './cluster-request.js';
import { MemoryTape } from './stream-sides.js';

export interface GatewayCertificate {
  /** PEM, as the rest. */
  readonly ca: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** A gateway that understands nothing but streams: what else it is asked it passes on. Its HTTP is Node's own. */
export class StreamGateway {
  readonly tape = new MemoryTape();
  readonly ended: string[] = [];
  readonly tunnels: RunningTunnel[] = [];
  /** Actions that tunnels asked about while they ran. */
  readonly asked: Action[] = [];
  permits: (action: Action) => boolean = () => true;
  #server: Server | undefined;

  constructor(
    private readonly cluster: { readonly port: number; readonly ca: string },
    private readonly identity: GatewayCertificate,
  ) {}

  get ca(): string {
    return this.identity.ca;
  }

  get url(): string {
    return `https://localhost:${(this.#server?.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    const { certificate: cert, privateKey: key } = this.identity;
    this.#server = createServer({ cert, key }, (request, response) => {
      const forwarded = ask({ ...this.#target(request), headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forwarded);
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket as Duplex, head).catch(() => socket.destroy());
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #target({ method, url }: IncomingMessage) {
    return { host: 'localhost', port: this.cluster.port, ca: this.cluster.ca, method, path: url };
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, ahead: Buffer): Promise<void> {
    socket.on('error', () => {});
    const { tunnel: handler } = await understood(request.url ?? '/', {
      method: request.method,
      headers: fieldsOf(request.headers).filter(([name]) => !framing.has(name)),
      upgrade: request.headers.upgrade?.toLowerCase(),
    });
    if (!handler) throw new Error('the request is not for streams');
    const headers = {
      authorization: request.headers.authorization,
      connection: 'Upgrade',
      upgrade: request.headers.upgrade,
      ...Object.fromEntries(grouped(handler.requestHeaders)),
    };
    const upstream = ask({ ...this.#target(request), headers });
    upstream.on('response', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n'));
    upstream.on('upgrade', (answer, tunnel: Duplex, early) => {
      const agreed = handler.accept({ status: 101, headers: fieldsOf(answer.headers), bodyLength: undefined });
      if (!agreed) return void socket.destroy();
      if (early.length > 0) tunnel.unshift(early);
      if (ahead.length > 0) socket.unshift(ahead);
      const lines = agreed.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${headers.upgrade}\r\n${lines}\r\n`,
      );
      this.#relay(handler, socket, tunnel);
    });
    upstream.end();
  }

  #relay(handler: TunnelHandler, client: Duplex, upstream: Duplex): void {
    const tunnel = handler.relay({
      client,
      upstream,
      tape: this.tape,
      seq: 1,
      obligations: [],
      hide: (message) => message,
      permits: (action) => {
        this.asked.push(action);
        return this.permits(action);
      },
      ended: (completion, outcome) => this.ended.push(`${completion} ${outcome}`),
    });
    this.tunnels.push(tunnel);
  }
}

const framing = new Set(['connection', 'content-length', 'host', 'transfer-encoding', 'upgrade']);

function fieldsOf(headers: IncomingHttpHeaders): HeaderField[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): HeaderField => [name, one]),
  );
}

function grouped(fields: readonly HeaderField[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of fields) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
}
