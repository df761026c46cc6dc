import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WireFault, type ServerConnection } from '../message.js';
import { Deadline } from '../server/deadline.js';
import type { ServeOptions } from '../server/serve-options.js';
import { defaultServerLimits, type ServerLimits } from '../server/server-limits.js';
import { H2Exchange } from './h2-exchange.js';
import { h2RequestHead } from './h2-request-head.js';
import { resetStream } from './reset-stream.js';
import { h2ResponseFields } from './h2-response-fields.js';

/** `:method`, `:scheme`, `:authority`, `:path`, `:protocol`, and those that this package takes for itself. */
const extraFields = 16;

/** Serves HTTP/2 (RFC 9113) on a connected socket that chose it by ALPN, and that belongs to the server from now on. */
export function serveHttp2(socket: Duplex, options: ServeOptions): ServerConnection {
  return new H2Connection(socket, options);
}

class H2Connection implements ServerConnection {
  readonly #limits: ServerLimits;
  readonly #session: ServerHttp2Session;
  readonly #deadline: Deadline;
  #streams = 0;
  #resets = 0;
  #windowStart = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly options: ServeOptions,
  ) {
    this.#limits = { ...defaultServerLimits, ...options.limits };
    this.#deadline = new Deadline(() => this.#expired());
    // A server's TLS socket that was not made by a tls.Server never says that its handshake is over, and the library would
    // wait for that for ever.
    if (socket instanceof TLSSocket) Object.assign(socket, { secureConnecting: false });
    this.#session = performServerHandshake(socket, this.#settings());
    this.#session
      .on('stream', (stream, _headers, flags, raw) => this.#guarded(stream, () => this.#request(stream, flags, raw)))
      .on('error', (cause) => options.onFault?.(cause))
      .on('close', () => {
        this.#deadline.close();
        options.onClose?.();
      });
    socket.on('error', () => undefined);
    this.#deadline.set(this.#limits.idleMs);
  }

  end(): void {
    if (this.#session.destroyed) return;
    this.#session.close();
    if (this.#streams === 0) this.#deadline.set(this.#limits.lingerMs);
  }

  destroy(): void {
    this.#session.destroy();
    this.socket.destroy();
  }

  #settings(): Parameters<typeof performServerHandshake>[1] {
    const { concurrentStreams, headBytes, fields, sessionMegabytes } = this.#limits;
    return {
      maxSessionMemory: sessionMegabytes,
      maxHeaderListPairs: fields + extraFields,
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: concurrentStreams,
        maxHeaderListSize: headBytes,
      },
    };
  }

  #request(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    // What an error means is what the close after it means.
    stream.on('error', () => undefined);
    this.#streams++;
    this.#deadline.clear();
    stream.once('close', () => {
      this.#streams--;
      if (this.#streams === 0) this.#deadline.set(this.#session.closed ? this.#limits.lingerMs : this.#limits.idleMs);
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !stream.headersSent) this.#countReset();
    });
    const whole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const request = h2RequestHead(raw, whole, this.#limits.fields);
    const exchange = new H2Exchange(stream, request, this.#limits, (fault) => this.#fail(stream, exchange, fault));
    const over = (): void => this.#guarded(stream, () => exchange.close(gone()));
    stream.once('aborted', over).once('close', over);
    try {
      this.options.onRequest(exchange);
    } catch (cause) {
      exchange.lose();
      throw cause;
    }
  }

  /** The body broke: the handler may have an answer of its own kind, though not for long. */
  #fail(stream: ServerHttp2Stream, exchange: H2Exchange, fault: WireFault): void {
    this.#guarded(stream, () => exchange.body?.fail(fault));
    setImmediate(() => {
      if (!exchange.unanswered) return;
      this.#guarded(stream, () => exchange.lose());
      this.#refuse(stream, fault);
    });
  }

  /** Nothing that a handler throws may reach the event loop, and nothing after it may be forwarded. */
  #guarded(stream: ServerHttp2Stream, work: () => void): void {
    try {
      work();
    } catch (cause) {
      if (cause instanceof WireFault && !stream.headersSent) return this.#refuse(stream, cause);
      this.options.onFault?.(cause);
      resetStream(stream);
    }
  }

  #refuse(stream: ServerHttp2Stream, fault: WireFault): void {
    this.options.onFault?.(fault);
    if (stream.destroyed || stream.closed) return;
    stream.respond(h2ResponseFields(fault.status, [['content-type', 'text/plain']]));
    stream.end(`${fault.message}\n`);
    stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  /** Requests that are reset as fast as they are made cost a server more than the client (CVE-2023-44487). */
  #countReset(): void {
    const now = performance.now();
    if (now - this.#windowStart > this.#limits.resetWindowMs) {
      this.#windowStart = now;
      this.#resets = 0;
    }
    if (++this.#resets <= this.#limits.resets || this.#session.destroyed) return;
    // The cause reaches onFault as the session's error.
    const fault = new WireFault('rapid-reset', 'The client resets too many streams');
    this.#session.destroy(fault, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #expired(): void {
    if (this.#session.closed) return this.destroy();
    this.end();
  }
}

function gone(): WireFault {
  return new WireFault('client-gone', 'The client gave up on the request');
}
