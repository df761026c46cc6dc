import { createPublicKey, generateKeyPairSync, sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { encodeBinaryFrame, type Envelope, type Reply, type Signed, type ToGateway } from '@sallyport/gateway-contract';
import { WebSocket } from 'ws';
import { eventually } from './eventually.js';

/** The gateway's side of the link, bare: says exactly what a test tells it to, right or wrong. */
export class GatewayClient {
  readonly received: Envelope[] = [];
  /** Code and reason, once it has closed. */
  closed: { code: number; reason: string } | undefined;
  credential = '';
  signingKeys: { keyId: string; publicKey: Record<string, unknown> }[] = [];
  readonly #replies = new Map<string, (reply: Reply) => void>();
  #lastId = 0;

  private constructor(
    readonly socket: WebSocket,
    public key: KeyObject,
  ) {
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString()) as Envelope));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  /** Resolves when the challenge has come. */
  static async connect(url: string, key = newKey()): Promise<GatewayClient> {
    const client = new GatewayClient(new WebSocket(`${url.replace('http', 'ws')}/gateway`), key);
    await once(client.socket, 'open');
    await eventually(() => client.received.length > 0);
    return client;
  }

  get nonce(): string {
    return (this.received[0]!.body as ToGateway['control-plane.challenge']).nonce;
  }

  get publicKey(): Record<string, unknown> {
    return { ...createPublicKey(this.key).export({ format: 'jwk' }) };
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  request(type: string, body: unknown, attachment?: Buffer): Promise<Reply> {
    this.#lastId += 1;
    const message: Envelope = { v: 1, id: String(this.#lastId), type, body };
    this.socket.send(attachment ? encodeBinaryFrame(message, attachment) : JSON.stringify(message));
    return new Promise((resolve) => this.#replies.set(message.id, resolve));
  }

  /** The result; throws what was refused. */
  async ask<Result = unknown>(type: string, body: unknown, attachment?: Buffer): Promise<Result> {
    const reply = await this.request(type, body, attachment);
    if (!reply.ok) throw new Error(`${type}: ${reply.code}`);
    return reply.result as Result;
  }

  async enrol(token: string, name: string): Promise<void> {
    const result = await this.ask<{ credential: string; signingKeys: GatewayClient['signingKeys'] }>('gateway.enrol', {
      token,
      name,
      publicKey: this.publicKey,
    });
    this.credential = result.credential;
    this.signingKeys = result.signingKeys;
  }

  helloBody(sessions: string[] = []): Record<string, unknown> {
    const proof = sign(null, Buffer.from(this.nonce, 'utf8'), this.key).toString('base64');
    const adapters = [{ protocol: 'postgres', masks: ['redact'] }];
    return { credential: this.credential, proof, version: '0.1.0', adapters, sessions };
  }

  hello(sessions: string[] = []): Promise<{ name: string; resolved: ToGateway['approval.resolved'][] }> {
    return this.ask('gateway.hello', this.helloBody(sessions));
  }

  /** A second connection of the same gateway. */
  async again(url: string): Promise<GatewayClient> {
    const client = await GatewayClient.connect(url, this.key);
    client.credential = this.credential;
    client.signingKeys = this.signingKeys;
    return client;
  }

  /** Bodies of every message of this type so far. */
  pushed<T extends keyof ToGateway>(type: T): ToGateway[T][] {
    return this.received.filter((message) => message.type === type).map((message) => message.body as ToGateway[T]);
  }

  /** What the control plane signed, after checking that it did. */
  verified(message: Signed): unknown {
    const { publicKey } = this.signingKeys.find((one) => one.keyId === message.keyId)!;
    const key = createPublicKey({ key: publicKey as JsonWebKey, format: 'jwk' });
    if (!verify(null, Buffer.from(message.payload), key, Buffer.from(message.signature, 'base64'))) {
      throw new Error('the signature is wrong');
    }
    return JSON.parse(message.payload);
  }

  async close(): Promise<void> {
    if (this.socket.readyState !== WebSocket.CLOSED) {
      this.socket.terminate();
      await once(this.socket, 'close');
    }
  }

  #receive(message: Envelope): void {
    this.received.push(message);
    if (message.type === 'reply') this.#replies.get(message.replyTo ?? '')?.(message.body as Reply);
  }
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}
