import { connect, type ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { WireFault } from '../message.js';
import type { Exchange } from './exchange.js';
import { H2Stream } from './h2-stream.js';
import { upstreamFault } from './upstream-fault.js';
import type { UpstreamLimits } from './upstream-limits.js';

const streamWindowBytes = 512 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;

export interface H2ConnectionOwner {
  /** There may be room for another exchange. */
  room(): void;
  /** The connection is no more. Once. */
  gone(connection: H2Connection): void;
}

/** One HTTP/2 connection to an upstream, on a socket that agreed to `h2`. */
export class H2Connection {
  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<H2Stream>();
  #draining = false;
  #idleMs = 0;
  #connectProtocol = false;
  /** Milliseconds since the last ping was sent or answered. */
  #pingMs = 0;
  #pinged = false;

  constructor(
    socket: Socket,
    private readonly limits: UpstreamLimits,
    private readonly owner: H2ConnectionOwner,
  ) {
    // The URL is for `:authority`, which every request sets itself.
    this.#session = connect('https://upstream.invalid', {
      createConnection: () => socket,
      maxHeaderListPairs: limits.maxFields,
      settings: {
        enablePush: false,
        initialWindowSize: streamWindowBytes,
        maxHeaderListSize: limits.maxHeadBytes,
      },
    });
    this.#session
      .on('connect', () => this.#session.setLocalWindowSize(connectionWindowBytes))
      .on('remoteSettings', ({ enableConnectProtocol }) => {
        this.#connectProtocol = enableConnectProtocol === true;
        owner.room();
      })
      .on('goaway', () => this.#drain())
      .on('error', () => this.#drain())
      .on('close', () => owner.gone(this));
  }

  /** Takes no new exchange, now or ever. */
  get over(): boolean {
    return this.#draining || this.#session.closed || this.#session.destroyed;
  }

  get full(): boolean {
    const theirs = this.#session.remoteSettings?.maxConcurrentStreams ?? Infinity;
    return this.#streams.size >= Math.min(this.limits.maxConnections, theirs);
  }

  /** The upstream takes extended CONNECT (RFC 8441). */
  get takesConnect(): boolean {
    return this.#connectProtocol && !this.over && !this.full;
  }

  start(exchange: Exchange): void {
    this.#idleMs = 0;
    try {
      const stream: H2Stream = new H2Stream(this.#session, exchange, this.limits, () => {
        this.#streams.delete(stream);
        this.owner.room();
      });
      this.#streams.add(stream);
    } catch (cause) {
      const fault = upstreamFault(cause, 'request-refused');
      process.nextTick(() => exchange.fail(fault, false));
    }
  }

  tick(ms: number): void {
    for (const stream of [...this.#streams]) stream.tick(ms);
    this.#idleMs = this.#streams.size > 0 ? 0 : this.#idleMs + ms;
    if (this.#idleMs >= this.limits.keepAliveMs) this.#drain();
    this.#ping(ms);
  }

  destroy(fault: WireFault): void {
    for (const stream of [...this.#streams]) stream.destroy(fault);
    this.#session.destroy();
  }

  /**
   * Node neither reads on nor says a word after it has told an upstream that it breaks the protocol: like an upstream that
   * is no more, it is found out by the ping that is not answered.
   */
  #ping(ms: number): void {
    if (this.#session.destroyed || this.#streams.size === 0) return;
    if ((this.#pingMs += ms) < this.limits.pingMs) return;
    if (this.#pinged) {
      return this.destroy(new WireFault('upstream-ping-timeout', 'the target does not answer any more', 504));
    }
    this.#pingMs = 0;
    this.#pinged = this.#session.ping(() => {
      this.#pingMs = 0;
      this.#pinged = false;
    });
  }

  /** Lets what is under way end, and nothing new begin. */
  #drain(): void {
    this.#draining = true;
    if (!this.#session.closed) this.#session.close();
  }
}
