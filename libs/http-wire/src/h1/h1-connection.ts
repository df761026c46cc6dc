import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { uncorkNow } from '@sallyport/wire-kit';
import { WireFault, type ServerConnection, type Tunnel } from '../message.js';
import { BodyPace } from '../server/body-pace.js';
import { Deadline } from '../server/deadline.js';
import type { ServeOptions } from '../server/serve-options.js';
import { defaultServerLimits, type ServerLimits } from '../server/server-limits.js';
import { SocketSender } from '../server/socket-sender.js';
import { LengthDecoder } from './body-decoder.js';
import { ChunkedDecoder } from './chunked-decoder.js';
import { H1Exchange, type ExchangeOwner } from './h1-exchange.js';
import { InputBuffer } from './input-buffer.js';
import { RequestBody, type BodyOwner } from './request-body.js';
import { RequestHeadParser } from './request-head-parser.js';
import { responseHeadText } from './response-head.js';

const continueHead = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');

/** Serves HTTP/1.1 (RFC 9112) on a connected socket, which belongs to the server from now on. */
export function serveHttp(socket: Duplex, options: ServeOptions): ServerConnection {
  return new H1Connection(socket, options);
}

/**
 * `open`: requests are read. `failed`: the body of the current one broke; its answer is the last. `lingering`: all is said,
 * and what still comes is dropped. `away`: the socket is a tunnel, or gone.
 */
type Phase = 'open' | 'failed' | 'lingering' | 'away';

class H1Connection implements ServerConnection, ExchangeOwner, BodyOwner {
  readonly sender: SocketSender;
  readonly #limits: ServerLimits;
  readonly #parser: RequestHeadParser;
  readonly #input = new InputBuffer();
  readonly #deadline = new Deadline(() => this.#expired());
  readonly #transport: Socket | undefined;
  #phase: Phase = 'open';
  #exchange: H1Exchange | undefined;
  /** The deadline of the head that has begun is running. */
  #awaitsHead = false;
  #lastRequest = false;
  #continued = false;
  #advancing = false;
  #paused = false;

  constructor(
    private readonly socket: Duplex,
    private readonly options: ServeOptions,
  ) {
    this.#limits = { ...defaultServerLimits, ...options.limits };
    this.#parser = new RequestHeadParser(this.#limits);
    this.#transport = options.transport ?? (isPlain(socket) ? socket : undefined);
    this.sender = new SocketSender(socket, this.#limits.writeStallMs, () => this.breakOff());
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    // What an error means is what the close after it means.
    socket.on('error', () => undefined);
    this.#deadline.set(this.#limits.idleMs);
  }

  end(): void {
    this.#lastRequest = true;
    if (this.#phase === 'open' && !this.#exchange) this.#shutDown();
  }

  destroy(): void {
    uncorkNow(this.socket);
    this.socket.destroy();
  }

  keepsAlive(exchange: H1Exchange): boolean {
    const { framing, body } = exchange;
    if (this.#lastRequest || !framing.keepAlive || framing.upgrade !== undefined) return false;
    if (!body || body.complete || body.wanted) return true;
    // Without its 100 the client may send the body or leave it out: nobody could tell it from the next request.
    if (framing.expectsContinue && !this.#continued) return false;
    return (body.remaining ?? 0) + body.dropped <= this.#limits.drainBytes;
  }

  answered(): void {
    this.#advance();
  }

  get canReset(): boolean {
    return this.#transport !== undefined;
  }

  /** The client must see that something is missing. */
  breakOff(): void {
    uncorkNow(this.socket);
    this.#transport?.resetAndDestroy();
    this.socket.destroy();
  }

  handOver(): Tunnel {
    const { socket } = this;
    if (this.#phase === 'away') return socket;
    this.#phase = 'away';
    this.#exchange = undefined;
    this.#deadline.close();
    this.sender.close();
    socket.off('data', this.#onData).off('end', this.#onEnd);
    socket.pause();
    if (this.#input.length > 0) socket.unshift(this.#input.takeAll());
    // As before its first listener: the next one starts the flow, which it would not do on a paused stream.
    (socket as { readableFlowing: boolean | null }).readableFlowing = null;
    return socket;
  }

  bodyStarted(): void {
    if (!this.#exchange?.framing.expectsContinue || this.#continued) return;
    this.#continued = true;
    if (this.#input.length === 0 && this.#exchange.unanswered) this.sender.write(continueHead);
  }

  bodyTurned(): void {
    this.#advance();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#phase !== 'open') return;
    this.#input.push(chunk);
    this.#advance();
  };

  /** A client that says goodbye takes no answer any more: who stops a command line must stop what it asked for. */
  readonly #onEnd = (): void => {
    if (this.#exchange) this.socket.destroy();
    else if (this.#phase === 'open') this.#shutDown();
  };

  readonly #onClose = (): void => {
    this.#phase = 'away';
    this.#deadline.close();
    this.sender.close();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#guarded(() => exchange?.body?.fail(new WireFault('client-gone', 'The client closed the connection')));
    this.#guarded(() => exchange?.lose());
    this.#guarded(() => this.options.onClose?.());
  };

  /** Does whatever can be done now. Whoever calls it from inside finds it done afterwards. */
  #advance(): void {
    if (this.#advancing || this.#phase === 'away') return;
    this.#advancing = true;
    try {
      while (this.#step());
    } catch (cause) {
      this.#broken(cause);
    }
    this.#advancing = false;
    this.#regulate();
  }

  /** True: there may be more to do. */
  #step(): boolean {
    if (this.#phase === 'failed' && this.#exchange?.isAnswered) this.#shutDown();
    if (this.#phase !== 'open') return false;
    const exchange = this.#exchange;
    if (!exchange) return this.#nextRequest();
    const { body } = exchange;
    body?.take(this.#input);
    if (!exchange.isAnswered) {
      if (body && body.dropped > this.#limits.drainBytes) body.abandon();
      return false;
    }
    if (body && !body.complete) {
      if (exchange.keepAlive && body.flows) return false;
      // Whoever holds it back while the answer is out already has no use for the rest.
      if (body.wanted) body.fail(answeredEarly());
      else body.drop();
      body.take(this.#input);
      const drains = body.wants && !body.complete && body.dropped <= this.#limits.drainBytes;
      if (exchange.keepAlive && drains) return false;
    }
    return this.#finish(exchange);
  }

  #nextRequest(): boolean {
    if (this.#input.length === 0) return false;
    if (this.sender.blocked) {
      this.sender.onDrain(() => this.#advance());
      return false;
    }
    const parsed = this.#parser.parse(this.#input);
    if (!parsed) {
      if (!this.#awaitsHead) this.#deadline.set(this.#limits.headMs);
      this.#awaitsHead = true;
      return false;
    }
    this.#awaitsHead = false;
    this.#continued = false;
    this.#deadline.clear();
    const { head, framing } = parsed;
    const body = framing.body === 0 ? undefined : this.#bodyOf(framing.body);
    this.#exchange = new H1Exchange(head, framing, body, this);
    this.options.onRequest(this.#exchange);
    return true;
  }

  #bodyOf(framing: number | 'chunked'): RequestBody {
    const decoder = framing === 'chunked' ? new ChunkedDecoder() : new LengthDecoder(framing);
    return new RequestBody(decoder, new BodyPace(this.#limits.bodyIdleMs, this.#limits.bodyRate), this);
  }

  #finish(exchange: H1Exchange): boolean {
    this.#exchange = undefined;
    this.sender.onDrain(undefined);
    if (!exchange.keepAlive || this.#lastRequest || (exchange.body && !exchange.body.complete)) {
      exchange.body?.fail(answeredEarly());
      this.#shutDown();
      return false;
    }
    this.#deadline.set(this.#limits.idleMs);
    return true;
  }

  /** Reads on or stops reading, and sets the deadline that fits. */
  #regulate(): void {
    if (this.#phase === 'away') return;
    const waits = this.#exchange !== undefined || this.sender.blocked;
    const paused = this.#phase === 'open' && waits && this.#input.length > this.#limits.readAheadBytes;
    if (paused !== this.#paused) {
      this.#paused = paused;
      if (paused) this.socket.pause();
      else this.socket.resume();
    }
    const body = this.#exchange?.body;
    if (!body || this.#phase !== 'open') return;
    if (body.wants && !body.complete && !paused) {
      this.#deadline.set(body.pace.patience());
    } else this.#deadline.clear();
  }

  #expired(): void {
    if (this.#phase === 'lingering') return this.destroy();
    if (this.#exchange) return this.#failBody(new WireFault('body-timeout', 'The body took too long', 408));
    if (this.#awaitsHead) return this.#refuse(new WireFault('head-timeout', 'The request took too long', 408));
    this.#shutDown();
  }

  /** Nothing that a handler throws may reach the event loop, and the connection ends with it. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (cause) {
      this.#broken(cause);
    }
  }

  #broken(cause: unknown): void {
    if (cause instanceof WireFault && this.#phase === 'open') {
      return this.#exchange ? this.#failBody(cause) : this.#refuse(cause);
    }
    this.options.onFault?.(cause);
    this.breakOff();
  }

  #failBody(fault: WireFault): void {
    const exchange = this.#exchange as H1Exchange;
    this.#lastRequest = true;
    this.#phase = 'failed';
    this.#deadline.clear();
    if (!exchange.unanswered) {
      this.options.onFault?.(fault);
      return exchange.isAnswered ? this.#shutDown() : this.breakOff();
    }
    this.#guarded(() => exchange.body?.fail(fault));
    // The handler may have an answer of its own kind, though not for long.
    setImmediate(() => {
      if (this.#phase === 'failed' && exchange.unanswered) {
        this.#guarded(() => exchange.lose());
        this.#refuse(fault);
      }
    });
  }

  /** Answers bytes that are no request, and parses nothing after them. */
  #refuse(fault: WireFault): void {
    this.options.onFault?.(fault);
    const body = Buffer.from(`${fault.message}\n`, 'latin1');
    const head = { status: fault.status, headers: [['content-type', 'text/plain']] as const, bodyLength: body.length };
    this.sender.write(Buffer.concat([Buffer.from(responseHeadText(head, body.length, false), 'latin1'), body]));
    this.#shutDown();
  }

  /** Ends the writing side, and reads on for a moment: closing on unread bytes would reset, and lose the last answer. */
  #shutDown(): void {
    this.#phase = 'lingering';
    this.#exchange = undefined;
    this.#input.takeAll();
    this.#deadline.clear();
    this.socket.once('finish', () => this.#deadline.set(this.#limits.lingerMs));
    this.sender.end();
    this.socket.resume();
  }
}

function isPlain(socket: Duplex): socket is Socket {
  return socket instanceof Socket && !(socket instanceof TLSSocket);
}

function answeredEarly(): WireFault {
  return new WireFault('answered', 'The answer is out before the body was');
}
