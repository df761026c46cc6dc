import { connect, type Socket } from 'node:net';
import { message, readDiagnostic, readString, readTextRow, untypedMessage } from './codec.js';
import { backend, frontend } from './messages.js';
import { MessageStream } from './message-stream.js';
import { bindMessage, executeMessage, parseMessage, startupMessage } from './requests.js';

const deadlineMs = 8000;

/** A client that says exactly what it is told to, and keeps every byte that it hears. */
export class TestingClient {
  readonly heard: Buffer[] = [];
  processId = 0;
  secret: Buffer = Buffer.alloc(0);
  #stream: MessageStream;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.heard.push(chunk));
    this.#stream = new MessageStream(socket, AbortSignal.timeout(60_000), 1 << 30);
  }

  static async open(port: number): Promise<TestingClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    return new TestingClient(socket);
  }

  /** Through the login, up to the first ReadyForQuery. */
  static async login(port: number, settings: Readonly<Record<string, string>> = {}): Promise<TestingClient> {
    const client = await TestingClient.open(port);
    client.send(startupMessage(new Map(Object.entries({ user: 'anybody', database: 'shop', ...settings }))));
    await client.until('R');
    client.send(message(frontend.password, (body) => body.terminated('good-token')));
    const greeting = await client.until('Z');
    const key = greeting.find((each) => each[0] === backend.backendKeyData)!;
    client.processId = key.readInt32BE(5);
    client.secret = key.subarray(9);
    return client;
  }

  send(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** Messages up to and including the `count`th of a type. */
  async until(type: string, count = 1): Promise<Buffer[]> {
    const messages: Buffer[] = [];
    for (let left = count; left > 0;) {
      const received = await this.next();
      messages.push(received);
      if (received[0] === type.charCodeAt(0)) left -= 1;
    }
    return messages;
  }

  /** Through the rest of a login: its last message, which is ReadyForQuery or the reason why not. */
  async login(): Promise<Buffer> {
    for (;;) {
      const received = await this.next();
      if (received[0] === backend.readyForQuery || received[0] === backend.errorResponse) return received;
    }
  }

  async next(): Promise<Buffer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the gateway said nothing in time')), deadlineMs);
    });
    return Promise.race([this.#stream.typed(), late]).finally(() => clearTimeout(timer));
  }

  /** Everything until the gateway closes. */
  async rest(): Promise<Buffer[]> {
    const messages: Buffer[] = [];
    for (;;) {
      const received = await this.next().catch(() => undefined);
      if (!received) return messages;
      messages.push(received);
    }
  }

  /** Sends, and tells in short what came back up to the `count`th ReadyForQuery. */
  async ask(messages: readonly Buffer[], count = 1): Promise<string> {
    this.send(...messages);
    return inShort(await this.until('Z', count));
  }

  end(): void {
    this.socket.destroy();
  }
}

/** E.g. `1 2 D(1,x) C(SELECT 1) E(42501) Z(I)`. */
export function inShort(messages: readonly Buffer[]): string {
  return messages
    .filter((each) => each[0] !== backend.parameterStatus)
    .map((each) => {
      const type = String.fromCharCode(each[0]!);
      if (type === 'E' || type === 'N') return `${type}(${readDiagnostic(each)['C']})`;
      if (type === 'D') return `D(${readTextRow(each).join()})`;
      if (type === 'C') return `C(${readString(each)})`;
      if (type === 'Z') return `Z(${String.fromCharCode(each[5]!)})`;
      return type;
    })
    .join(' ');
}

/** Parse, Bind, Execute without names and without parameters. */
export function unit(text: string): Buffer[] {
  return [parseMessage('', text), bindMessage('', ''), executeMessage('')];
}

export const sslRequestBytes = untypedMessage((body) => body.int32(80877103));
