import type { StreamTape } from '../stream-tape.js';
import { StreamFault, type Completion } from '../stream-use.js';
import type { SpdyHeaders } from './header-block.js';
import type { OpenedStream, RefusedStream, SpdyRules } from './spdy-relay.js';

const nothing = Buffer.alloc(0);

/**
 * Port forwarding over SPDY: for each connection the client opens a stream of type error and one of type data, both with the
 * port and the connection's requestID. What flows is recorded, not understood.
 */
export class PortForwardStreams implements SpdyRules {
  readonly maxStreams = 256;
  readonly #permitted: (port: number) => boolean;
  readonly #tape: StreamTape;
  /** Connections of which one stream is open and the other still to come. */
  readonly #halfOpen = new Set<string>();

  constructor(permitted: (port: number) => boolean, tape: StreamTape) {
    this.#permitted = permitted;
    this.#tape = tape;
  }

  open(headers: SpdyHeaders): OpenedStream | RefusedStream {
    const type = headers.get('streamtype');
    const port = decimal(headers.get('port'), 1, 65_535);
    const request = decimal(headers.get('requestid'), 0, 0x7fffffff);
    if ((type !== 'data' && type !== 'error') || port === undefined || request === undefined) {
      return { refused: 'the stream does not say what it forwards', how: 'reset' };
    }
    const name = `port ${port} connection ${request}`;
    if (!this.#mayForward(port, name)) {
      return { refused: `forwarding to port ${port} is not permitted`, how: type === 'error' ? 'explain' : 'end' };
    }
    const forwarded = new Map([
      ['streamtype', type],
      ['port', String(port)],
      ['requestid', String(request)],
    ]);
    return type === 'data' ? this.#data(name, port, request, forwarded) : this.#error(name, forwarded);
  }

  completion(): Completion {
    return { text: 'closed', outcome: 'completed' };
  }

  /** Judged once for the two streams of a connection. */
  #mayForward(port: number, connection: string): boolean {
    if (this.#halfOpen.delete(connection)) return true;
    try {
      if (this.#permitted(port) !== true) return false;
    } catch {
      return false;
    }
    this.#halfOpen.add(connection);
    return true;
  }

  #data(name: string, port: number, connection: number, headers: SpdyHeaders): OpenedStream {
    let [sent, received] = [0, 0];
    return {
      headers,
      fromClient: (bytes) => {
        this.#tape.request(name, bytes);
        sent += bytes.length;
        return bytes;
      },
      fromUpstream: (bytes) => {
        this.#tape.response(name, bytes);
        received += bytes.length;
        return bytes;
      },
      rest: () => nothing,
      farewell: () => undefined,
      closed: () => {
        this.#halfOpen.delete(name);
        this.#tape.note('forwarded', { port, connection, sent, received });
      },
    };
  }

  #error(name: string, headers: SpdyHeaders): OpenedStream {
    const shown = (bytes: Buffer): Buffer => {
      this.#tape.response(`${name} error`, bytes);
      return bytes;
    };
    return {
      headers,
      fromClient: () => {
        throw new StreamFault('client', 'the client writes to a stream that it can only read');
      },
      fromUpstream: shown,
      rest: () => nothing,
      farewell: (text) => shown(Buffer.from(text)),
      closed: () => void this.#halfOpen.delete(name),
    };
  }
}

function decimal(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
