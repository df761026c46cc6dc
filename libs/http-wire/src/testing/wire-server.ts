import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import type { HeaderField, ServerConnection, ServerRequest } from '../message.js';
import { WireFault } from '../message.js';
import { acceptHttp } from '../server/accept-http.js';
import type { ServeOptions } from '../server/serve-options.js';

/** What a handler of the test saw of a request. */
export interface SeenRequest {
  readonly line: string;
  readonly headers: readonly HeaderField[];
  readonly body: string;
}

export interface TestOptions extends ServeOptions {
  /** With these, the server speaks TLS. */
  readonly alpn?: readonly string[];
  /** Keeps the TCP connection under TLS from the code under test. */
  readonly withoutTransport?: boolean;
}

/** A server of the code under test: plain, or TLS with a certificate of its own authority. */
export class WireServer {
  readonly connections: ServerConnection[] = [];
  readonly faults: unknown[] = [];
  closed = 0;

  private constructor(
    private readonly server: Server,
    /** PEM; empty without TLS. */
    readonly ca: string,
  ) {}

  static async start(options: TestOptions): Promise<WireServer> {
    const made: WireServer = await WireServer.#make(options, (socket, transport) =>
      made.accept(socket, { ...options, ...transport }),
    );
    made.server.listen(0, '127.0.0.1');
    await once(made.server, 'listening');
    return made;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get faultCodes(): string[] {
    return this.faults.map((cause) => (cause instanceof WireFault ? cause.code : String(cause)));
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  accept(socket: Duplex, options: ServeOptions): void {
    this.connections.push(
      acceptHttp(socket, {
        ...options,
        onFault: (cause) => this.faults.push(cause),
        onClose: () => {
          this.closed++;
          options.onClose?.();
        },
      }),
    );
  }

  static async #make(
    { alpn, withoutTransport }: TestOptions,
    accept: (socket: Duplex, transport: Pick<ServeOptions, 'transport'>) => void,
  ): Promise<WireServer> {
    if (!alpn) {
      const plain = createServer({ noDelay: true }, (socket) => accept(socket, {}));
      return new WireServer(plain, '');
    }
    const authority = await makeAuthority();
    const { certificate, privateKey } = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
    const tls: TLSSocketOptions = { isServer: true, cert: certificate, key: privateKey, ALPNProtocols: [...alpn] };
    const server = createServer({ noDelay: true }, (transport) => {
      const secure = new TLSSocket(transport, tls);
      secure.on('error', () => transport.destroy());
      secure.once('secure', () => accept(secure, withoutTransport ? {} : { transport }));
    });
    return new WireServer(server, authority.certificate);
  }
}

/** The whole body of a request, as latin1 text; rejects with the fault that broke it off. */
export function bodyOf(request: ServerRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    if (!request.body) return resolve('');
    request.body.start({
      data: (chunk) => chunks.push(chunk),
      end: () => resolve(Buffer.concat(chunks).toString('latin1')),
      error: reject,
    });
  });
}

/** A handler that reads the body and answers 200 with what it saw, as JSON. */
export function echo(seen: SeenRequest[] = []): (request: ServerRequest) => void {
  return (request) => {
    const { head } = request;
    const query = head.target.query === undefined ? '' : `?${head.target.query}`;
    const line = `${head.method} ${head.authority}${head.target.path}${query} ${head.version}`;
    bodyOf(request).then(
      (body) => {
        seen.push({ line, headers: head.headers, body });
        answer(request, JSON.stringify({ line, body }));
      },
      () => undefined,
    );
  };
}

export function answer(request: ServerRequest, text: string, status = 200): void {
  const body = Buffer.from(text, 'latin1');
  request.respond({ status, headers: [['content-type', 'text/plain']], bodyLength: body.length }, body);
}
