import { randomBytes, randomUUID } from 'node:crypto';
import type { Envelope, Reply } from '@sallyport/gateway-contract';
import { contractVersion, decodeBinaryFrame, envelope, toControlPlane } from '@sallyport/gateway-contract';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { GatewaysService } from './gateways.service.js';
import type { Greeting, ProvenGateway } from './greeting.js';
import type { HandledType, MessageHandlers } from './message-handlers.js';
import { isHandledType } from './message-handlers.js';
import { OrderedWork } from './ordered-work.js';
import type { GatewayPush } from './push.js';

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly gateways: Pick<GatewaysService, 'enrol'>;
  readonly greeting: Greeting;
  readonly handlers: MessageHandlers;
  readonly log: Logger;
  /** Called once, when the gateway has proved who it is and before it is told what it missed. */
  readonly onProven: (connection: GatewayConnection, gateway: ProvenGateway) => void;
  /** Called once, after hello was answered. */
  readonly onReady: () => void;
}

/** Close codes of ours (RFC 6455 section 7.4.2); the rest are the standard's. */
export const closeCode = {
  protocol: 1002,
  policy: 1008,
  restart: 1012,
  refused: 4401,
  revoked: 4403,
  superseded: 4409,
} as const;

/** Questions worked on at once; more wait in the socket. */
const maxInHand = { pieces: 64, bytes: 64 * 1024 * 1024 };
/** Refused greetings before the connection ends: a stale credential, then a token, then the new credential. */
const maxRefusals = 3;
/** A gateway that does not read. Bytes. */
const maxUnsentBytes = 64 * 1024 * 1024;

interface Message {
  readonly head: Envelope;
  readonly attachment: Buffer;
}

/** One WebSocket: challenge, then enrolment or hello and nothing else, then questions answered one by one. */
export class GatewayConnection {
  readonly #nonce = randomBytes(32).toString('base64url');
  readonly #work = new OrderedWork(maxInHand, (isFull) => this.#throttle(isFull));
  #gateway: ProvenGateway | undefined;
  #isReady = false;
  #isGreeting = false;
  #refusals = 0;
  /** What happened between proof and the answer to hello, told after it. */
  #early: GatewayPush[] = [];

  constructor(private readonly options: ConnectionOptions) {
    const { socket } = options;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    this.#send('control-plane.challenge', { nonce: this.#nonce });
  }

  get gateway(): ProvenGateway | undefined {
    return this.#gateway;
  }

  push(message: GatewayPush): void {
    if (this.#isReady) this.#send(message.type, message.body);
    else if (this.#gateway) this.#early.push(message);
  }

  close(code: number, reason: string): void {
    this.options.socket.close(code, reason);
    // A peer that does not answer the close is not waited for.
    setTimeout(() => this.options.socket.terminate(), 2_000).unref();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const message = parse(data, isBinary);
    if (!message) return this.close(closeCode.protocol, 'not an envelope of version 1');
    if (message.head.type === 'reply') {
      this.options.log.warn({ gateway: this.#gateway?.name, reply: message.head.body }, 'a gateway refused a message');
      return;
    }
    if (this.#gateway && this.#isReady) this.#question(this.#gateway, message);
    else this.#greet(message);
  }

  #greet(message: Message): void {
    const { type, id } = message.head;
    // One at a time, and nothing else before hello has been answered.
    if (this.#isGreeting || (type !== 'gateway.enrol' && type !== 'gateway.hello')) {
      return this.close(closeCode.policy, 'say hello first');
    }
    const body = toControlPlane[type].safeParse(message.head.body);
    if (!body.success) return this.close(closeCode.policy, `malformed ${type}`);
    this.#isGreeting = true;
    const work = type === 'gateway.enrol' ? this.#enrol(id, body.data as never) : this.#hello(id, body.data as never);
    work
      .catch((error: unknown) => {
        this.#answer(id, this.#refusal(type, error));
        this.#refusals += 1;
        if (this.#gateway || this.#refusals >= maxRefusals) this.close(closeCode.refused, 'refused');
      })
      .finally(() => (this.#isGreeting = false));
  }

  async #enrol(id: string, body: Parameters<GatewaysService['enrol']>[0]): Promise<void> {
    this.#answer(id, { ok: true, result: await this.options.gateways.enrol(body) });
  }

  async #hello(id: string, body: Parameters<Greeting['prove']>[1]): Promise<void> {
    const { greeting, onProven, onReady } = this.options;
    this.#gateway = await greeting.prove(this.#nonce, body);
    // From here on nothing is missed: what is not in the welcome arrives as an event.
    onProven(this, this.#gateway);
    const { result, terminate } = await greeting.welcome(this.#gateway, body.sessions);
    this.#answer(id, { ok: true, result });
    this.#isReady = true;
    for (const order of terminate) this.push({ type: 'session.terminate', body: order });
    for (const message of this.#early.splice(0)) this.push(message);
    onReady();
  }

  #question(gateway: ProvenGateway, { head, attachment }: Message): void {
    const { type, id } = head;
    if (type === 'lease.renew') return this.#work.run(type, 0, () => this.#renew(gateway, id));
    if (!isHandledType(type)) {
      this.options.log.warn({ gateway: gateway.name, type }, 'a gateway sent a message of an unknown type');
      return this.#answer(id, { ok: false, code: 'unsupported', message: 'unknown message type' });
    }
    const body = toControlPlane[type].safeParse(head.body);
    if (!body.success) {
      this.options.log.warn({ gateway: gateway.name, type }, 'a gateway sent a malformed message');
      return this.#answer(id, { ok: false, code: 'malformed', message: `malformed ${type}` });
    }
    this.#handle(gateway, type, { id, body: body.data, attachment });
  }

  #handle(gateway: ProvenGateway, type: HandledType, asked: { id: string; body: unknown; attachment: Buffer }): void {
    const { order, handle } = this.options.handlers.table[type];
    const context = { gateway, attachment: asked.attachment, push: (message: GatewayPush) => this.push(message) };
    this.#work.run(order(asked.body as never), asked.attachment.length, async () => {
      try {
        this.#answer(asked.id, { ok: true, result: await handle(asked.body as never, context) });
      } catch (error) {
        this.#answer(asked.id, this.#refusal(type, error));
      }
    });
  }

  async #renew(gateway: ProvenGateway, id: string): Promise<void> {
    try {
      const result = await this.options.greeting.renew(gateway);
      this.#gateway = { ...gateway, credentialExpiresAt: new Date(result.expiresAt) };
      this.#answer(id, { ok: true, result });
    } catch (error) {
      this.#answer(id, this.#refusal('lease.renew', error));
    }
  }

  /** An expected refusal says why; whatever else went wrong says only that it did. */
  #refusal(type: string, error: unknown): Reply {
    const gateway = this.#gateway?.name;
    if (error instanceof ProblemError && error.status < 500) {
      this.options.log.warn({ gateway, type, code: error.code }, 'a gateway was refused');
      return { ok: false, code: error.code, message: error.detail };
    }
    this.options.log.error({ gateway, type, err: error }, 'a message of a gateway could not be handled');
    return { ok: false, code: 'unavailable', message: 'the control plane could not do this now' };
  }

  #answer(replyTo: string, body: Reply): void {
    this.#send('reply', body, replyTo);
  }

  #send(type: string, body: unknown, replyTo?: string): void {
    const { socket, log } = this.options;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > maxUnsentBytes) {
      log.warn({ gateway: this.#gateway?.name }, 'a gateway does not read what it is sent');
      return socket.terminate();
    }
    const message: Envelope = {
      v: contractVersion,
      id: randomUUID(),
      type,
      body,
      ...(replyTo !== undefined && { replyTo }),
    };
    // A failed send closes the socket, which ends everything here.
    socket.send(JSON.stringify(message), () => undefined);
  }

  #throttle(isFull: boolean): void {
    if (isFull) this.options.socket.pause();
    else this.options.socket.resume();
  }
}

function parse(data: Buffer, isBinary: boolean): Message | undefined {
  const frame = isBinary ? decodeBinaryFrame(data) : { head: parseJson(data), attachment: Buffer.alloc(0) };
  const head = envelope.safeParse(frame?.head);
  return frame && head.success ? { head: head.data, attachment: frame.attachment } : undefined;
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}
