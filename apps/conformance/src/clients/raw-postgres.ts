import { RawSocket } from '@sallyport/testing';

/** One backend message, PostgreSQL documentation, chapter "Message Formats". */
export interface BackendMessage {
  readonly type: string;
  readonly body: Buffer;
}

/** Bytes of one frontend message. */
export function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
export const zero = Buffer.from([0]);
export const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

export const query = (text: string | Buffer): Buffer => message('Q', text, zero);
export const parse = (name: string, text: string): Buffer => message('P', name, zero, text, zero, int16(0));
export const sync = message('S');
export const flush = message('H');
export const terminate = message('X');
export const execute = (portal = '', rows = 0): Buffer => message('E', portal, zero, int32(rows));
export const describePortal = (portal = ''): Buffer => message('D', 'P', portal, zero);
export const describeStatement = (name = ''): Buffer => message('D', 'S', name, zero);

/** Text parameters; results in `resultFormat` (0 text, 1 binary). */
export function bind(
  statement: string,
  values: readonly (string | null)[] = [],
  resultFormat = 0,
  portal = '',
): Buffer {
  const encoded = values.map((value) =>
    value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  );
  return message(
    'B',
    portal,
    zero,
    statement,
    zero,
    int16(0),
    int16(values.length),
    ...encoded,
    int16(1),
    int16(resultFormat),
  );
}

export function startup(parameters: Readonly<Record<string, string>>, version = 0x30000): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [
    Buffer.from(name),
    zero,
    Buffer.from(value),
    zero,
  ]);
  const body = Buffer.concat([int32(version), ...pairs, zero]);
  return Buffer.concat([int32(body.length + 4), body]);
}
export const sslRequest = Buffer.concat([int32(8), int32(80877103)]);
export const cancelRequest = (pid: number, key: Buffer): Buffer =>
  Buffer.concat([int32(12 + key.length), int32(80877102), int32(pid), key]);

/** Fields of an ErrorResponse or NoticeResponse by their letter. */
export function fields(message: BackendMessage): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; message.body[at] !== 0 && at < message.body.length;) {
    const end = message.body.indexOf(0, at + 1);
    found[String.fromCharCode(message.body[at]!)] = message.body.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return found;
}

/** Cells of a DataRow; null is SQL NULL. */
export function cells(message: BackendMessage): (Buffer | null)[] {
  const found: (Buffer | null)[] = [];
  let at = 2;
  for (let left = message.body.readInt16BE(0); left > 0; left -= 1) {
    const length = message.body.readInt32BE(at);
    at += 4;
    found.push(length < 0 ? null : message.body.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return found;
}

/** A client that speaks messages, well-formed or not, and keeps every byte it received. */
export class RawPostgres {
  readonly received: Buffer[] = [];
  pid = 0;
  key: Buffer = Buffer.alloc(0);

  private constructor(readonly socket: RawSocket) {}

  /** TLS and startup up to the first ReadyForQuery. */
  static async connect(options: {
    readonly port: number;
    readonly ca: string;
    readonly token: string;
    readonly parameters?: Readonly<Record<string, string>>;
  }): Promise<RawPostgres> {
    const client = await RawPostgres.secure(options.port, options.ca);
    client.send(startup({ user: 'anyone', database: 'shop', ...options.parameters }));
    const asked = await client.next();
    if (asked.type !== 'R') throw new Error(`expected a password request, got ${describe(asked)}`);
    client.send(message('p', options.token, zero));
    for (let answer = await client.next(); answer.type !== 'Z'; answer = await client.next()) {
      if (answer.type === 'E') throw new Error(describe(answer));
      if (answer.type === 'K') {
        client.pid = answer.body.readInt32BE(0);
        client.key = answer.body.subarray(4);
      }
    }
    return client;
  }

  static async secure(port: number, ca: string): Promise<RawPostgres> {
    const socket = await RawSocket.connect(port);
    socket.write(sslRequest);
    const answer = await socket.readBytes(1);
    if (answer.toString() !== 'S') throw new Error(`expected S, got ${answer.toString()}`);
    await socket.startTls({ ca, servername: 'localhost' });
    return new RawPostgres(socket);
  }

  send(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  async next(deadlineMs?: number): Promise<BackendMessage> {
    const bytes = await this.socket.read((buffer) => {
      if (buffer.length < 5) return undefined;
      const length = buffer.readInt32BE(1) + 1;
      return buffer.length >= length ? length : undefined;
    }, deadlineMs);
    this.received.push(bytes);
    return { type: String.fromCharCode(bytes[0]!), body: bytes.subarray(5) };
  }

  /** Every message up to and including ReadyForQuery. */
  async untilReady(deadlineMs?: number): Promise<BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (;;) {
      const answer = await this.next(deadlineMs);
      messages.push(answer);
      if (answer.type === 'Z') return messages;
    }
  }

  async query(text: string): Promise<BackendMessage[]> {
    this.send(query(text));
    return this.untilReady();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The types of a run of messages as one word, e.g. `TDDCZ`. */
export const word = (messages: readonly BackendMessage[]): string => messages.map((each) => each.type).join('');
/** The transaction status of the last ReadyForQuery: I, T or E. */
export const status = (messages: readonly BackendMessage[]): string => messages.at(-1)!.body.toString();
/** The one ErrorResponse of a run. */
export function errorOf(messages: readonly BackendMessage[]): Record<string, string> {
  const errors = messages.filter((each) => each.type === 'E');
  if (errors.length !== 1) throw new Error(`${errors.length} errors in ${word(messages)}`);
  return fields(errors[0]!);
}
export function describe(message: BackendMessage): string {
  return message.type === 'E' || message.type === 'N' ? JSON.stringify(fields(message)) : message.type;
}
