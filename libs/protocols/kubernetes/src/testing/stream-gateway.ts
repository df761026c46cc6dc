import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createServer, request as ask, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Action } from '@sallyport/domain';
import type { RunningTunnel } from '@sallyport/http-core';
import type { HeaderField, RequestHead } from '@sallyport/http-wire';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import { judgedStreams } from '../streams/judged-streams.js';
import { MemoryTape } from './stream-sides.js';

/** A gateway that knows nothing but streams: what else it is asked it passes on. Its HTTP is Node's own. */
export class StreamGateway {
  readonly tape = new MemoryTape();
  readonly ended: string[] = [];
  readonly tunnels: RunningTunnel[] = [];
  /** Actions that tunnels asked about while they ran. */
  readonly asked: Action[] = [];
  permits: (action: Action) => boolean = () => true;
  #server: Server | undefined;
  ca = '';

  constructor(private readonly cluster: { readonly port: number; readonly ca: string }) {}

  get url(): string {
    return `https://localhost:${(this.#server?.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    const authority = await makeAuthority();
    this.ca = authority.certificate;
    const { certificate, privateKey } = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
    this.#server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
      const forwarded = ask({ ...this.#target(request), headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forwarded);
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Duplex, head));
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

  #upgrade(request: IncomingMessage, socket: Duplex, ahead: Buffer): void {
    socket.on('error', () => {});
    const { searchParams } = new URL(request.url ?? '/', 'https://localhost');
    const flag = (name: string): boolean => searchParams.get(name) === 'true';
    const handler = judgedStreams(headOf(request), actionOf(request), {
      stdin: flag('stdin'),
      stdout: flag('stdout'),
      stderr: flag('stderr'),
      tty: flag('tty'),
      ports: searchParams.getAll('ports'),
    });
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

  #relay(handler: ReturnType<typeof judgedStreams>, client: Duplex, upstream: Duplex): void {
    const tunnel = handler.relay({
      client,
      upstream,
      tape: this.tape,
      seq: 1,
      obligations: [],
      permits: (action) => {
        this.asked.push(action);
        return this.permits(action);
      },
      ended: (completion, outcome) => this.ended.push(`${completion} ${outcome}`),
    });
    this.tunnels.push(tunnel);
  }
}

function headOf(request: IncomingMessage): RequestHead {
  return {
    method: request.method ?? '',
    target: { path: request.url ?? '/', segments: [], query: undefined },
    authority: request.headers.host ?? '',
    headers: fieldsOf(request.headers),
    version: '1.1',
    upgrade: request.headers.upgrade?.toLowerCase(),
    bodyLength: 0,
  };
}

function actionOf(request: IncomingMessage): Action {
  const kind = request.url?.includes('/portforward') ? 'portForward' : 'exec';
  return {
    protocol: 'kubernetes',
    kind,
    text: `${request.method} ${kind}`,
    effects: [],
    context: { kubernetes: { ports: [] } },
    lineage: { results: [], usedElsewhere: [] },
    fingerprint: kind,
  };
}

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
