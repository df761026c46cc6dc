import {
  contractVersion,
  decodeBinaryFrame,
  encodeBinaryHead,
  envelope,
  replies,
  reply,
  toControlPlane,
  toGateway,
  type Envelope,
  type Replies,
  type ToControlPlane,
  type ToGateway,
} from '@sallyport/gateway-contract';
import type { WebSocket } from 'ws';
import type { Logger } from '../logger.js';
import { LinkError } from './link-error.js';

export type Push = { [T in keyof ToGateway]: { readonly type: T; readonly body: ToGateway[T] } }[keyof ToGateway];

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly attachment?: Uint8Array;
}

interface Pending {
  readonly type: keyof ToControlPlane;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: LinkError) => void;
  readonly timer: NodeJS.Timeout;
}

const defaultTimeoutMs = 10_000;

/** One WebSocket: questions find their replies, pushes reach the handler, and every message is checked on the way in. */
export class Connection {
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;
  /** Monotonic time of the last sign of life. */
  lastSeen = performance.now();

  constructor(
    private readonly socket: WebSocket,
    private readonly onPush: (push: Push) => void,
    private readonly log: Logger,
  ) {
    socket.on('message', (data: Buffer, binary: boolean) => {
      this.lastSeen = performance.now();
      this.#receive(data, binary);
    });
    socket.on('pong', () => (this.lastSeen = performance.now()));
  }

  /** @throws LinkError (as a rejection) unless the control plane answered yes. */
  request<T extends keyof ToControlPlane>(
    type: T,
    body: ToControlPlane[T],
    options: RequestOptions = {},
  ): Promise<Replies[T]> {
    const checked = toControlPlane[type].safeParse(body);
    if (!checked.success) return Promise.reject(new LinkError('malformed', `${type} does not fit the contract`));
    if (this.socket.readyState !== this.socket.OPEN) return Promise.reject(new LinkError('offline', 'not connected'));
    this.#lastId += 1;
    const id = String(this.#lastId);
    const { attachment, timeoutMs = defaultTimeoutMs } = options;
    return new Promise<Replies[T]>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new LinkError('timeout', `${type} was not answered in time`));
      }, timeoutMs);
      this.#pending.set(id, { type, resolve: resolve as (result: unknown) => void, reject, timer });
      this.#send({ v: contractVersion, id, type, body }, attachment);
    });
  }

  ping(): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  terminate(): void {
    this.socket.terminate();
  }

  /** Called once the socket has closed: whoever still waits learns that no reply will come. */
  ended(): void {
    for (const waiting of this.#pending.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new LinkError('offline', `the connection ended before ${waiting.type} was answered`));
    }
    this.#pending.clear();
  }

  #send(message: Envelope, attachment?: Uint8Array): void {
    if (!attachment) return this.socket.send(JSON.stringify(message), sent);
    // In two fragments (RFC 6455 section 5.4): joined, a mebibyte would be copied once more.
    this.socket.send(encodeBinaryHead(message), { binary: true, fin: false }, sent);
    this.socket.send(attachment, { binary: true, fin: true }, sent);
  }

  #receive(data: Buffer, binary: boolean): void {
    const parsed = envelope.safeParse(binary ? decodeBinaryFrame(data)?.head : parseJson(data));
    if (!parsed.success) {
      this.log.warn('the control plane sent a message that is no envelope of this version');
      return;
    }
    const message = parsed.data;
    if (message.type === 'reply') this.#settle(message);
    else this.#push(message);
  }

  #settle(message: Envelope): void {
    const waiting = this.#pending.get(message.replyTo ?? '');
    if (!waiting) return;
    this.#pending.delete(message.replyTo!);
    clearTimeout(waiting.timer);
    const answer = reply.safeParse(message.body);
    if (!answer.success) return waiting.reject(new LinkError('malformed', `malformed reply to ${waiting.type}`));
    if (!answer.data.ok) {
      const { code, message: text } = answer.data;
      return waiting.reject(new LinkError('refused', `${waiting.type}: ${text}`, code));
    }
    const result = replies[waiting.type].safeParse(answer.data.result);
    if (result.success) waiting.resolve(result.data);
    else waiting.reject(new LinkError('malformed', `malformed result of ${waiting.type}`));
  }

  #push(message: Envelope): void {
    if (!isPushType(message.type)) {
      this.log.warn({ type: message.type }, 'the control plane sent a message of an unknown type');
      return this.#answer(message.id, { ok: false, code: 'unsupported', message: 'unknown message type' });
    }
    const body = toGateway[message.type].safeParse(message.body);
    if (!body.success) {
      this.log.warn({ type: message.type }, 'the control plane sent a malformed message');
      return this.#answer(message.id, { ok: false, code: 'malformed', message: 'malformed message' });
    }
    this.onPush({ type: message.type, body: body.data } as Push);
  }

  #answer(replyTo: string, body: { ok: false; code: string; message: string }): void {
    this.#lastId += 1;
    this.#send({ v: contractVersion, id: String(this.#lastId), type: 'reply', replyTo, body });
  }
}

function isPushType(type: string): type is keyof ToGateway {
  return Object.hasOwn(toGateway, type);
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A failed send closes the socket, which rejects whoever waits. */
function sent(): void {
  // Nothing to do.
}
