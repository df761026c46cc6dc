import { connect, type Socket } from 'node:net';
import { ByteWriter } from '@sallyport/wire-kit';
import { readMessage, type ConnectionMessage } from '../connection/messages.js';
import { number, putString } from '../transport/message-numbers.js';
import { SshTransport } from '../transport/transport.js';

/** A client that says whatever a test wants it to say, over a real encrypted transport. */
export class RawClient {
  readonly received: Buffer[] = [];
  closed: string | undefined;
  readonly #wake: (() => void)[] = [];

  private constructor(
    readonly socket: Socket,
    readonly transport: SshTransport,
  ) {}

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    let client: RawClient | undefined;
    await new Promise<void>((resolve, reject) => {
      const keyTypes = ['ssh-ed25519'];
      const transport = new SshTransport(
        socket,
        { side: 'client', keyTypes, verify: () => true },
        {
          secured: () => resolve(),
          message: (payload) => client!.#took(payload),
          writable: () => undefined,
          closed: (reason) => {
            client!.closed = reason;
            client!.#took(undefined);
            reject(new Error(reason));
          },
        },
      );
      client = new RawClient(socket, transport);
    });
    return client!;
  }

  /** Connected and logged in with a token. */
  static async login(port: number, token = 'good-token'): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.startAuth();
    client.send(putString(userauth('box', 'password').uint8(0), token));
    await client.until((payload) => payload[0] === number.userauthSuccess);
    return client;
  }

  startAuth(): void {
    this.send(putString(new ByteWriter().uint8(number.serviceRequest), 'ssh-userauth'));
  }

  send(payload: ByteWriter | Buffer): void {
    this.transport.send(Buffer.isBuffer(payload) ? payload : payload.finish());
  }

  /** Waits for a message, past ones included; rejects when the connection ends first. */
  async until(wanted: (payload: Buffer) => boolean): Promise<Buffer> {
    for (;;) {
      const found = this.received.find(wanted);
      if (found) return found;
      if (this.closed !== undefined) throw new Error(`closed: ${this.closed}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async message<Kind extends ConnectionMessage['kind']>(
    kind: Kind,
  ): Promise<Extract<ConnectionMessage, { kind: Kind }>> {
    const payload = await this.until((one) => readMessage(one)?.kind === kind);
    return readMessage(payload) as Extract<ConnectionMessage, { kind: Kind }>;
  }

  /** Resolves with why the connection ended. */
  async ended(): Promise<string> {
    while (this.closed === undefined) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.closed;
  }

  #took(payload: Buffer | undefined): void {
    if (payload) this.received.push(Buffer.from(payload));
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export function userauth(user: string, method: string): ByteWriter {
  const request = putString(new ByteWriter().uint8(number.userauthRequest), user);
  return putString(putString(request, 'ssh-connection'), method);
}
