import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { UpstreamEndpoint } from '@sallyport/enforcement';
import { bodyOf, readParameterStatus, readTextRow } from './codec.js';
import { backend } from './messages.js';
import { MessageStream } from './message-stream.js';
import { connectReusing } from './reused-reads.js';
import { queryMessage, sslRequest, startupMessage, terminateMessage } from './requests.js';
import { UpstreamError } from './upstream-error.js';
import { logIn } from './upstream-login.js';

export interface Target {
  readonly endpoint: UpstreamEndpoint;
  /** `username`, `password`. */
  readonly credential: Readonly<Record<string, string>>;
}

/** Newest server whose grammar the parser has: a newer one may read a text differently, so it is refused. */
const newestMajor = 18;
const maxMessageBytes = 64 << 20;
/** Whatever the client says: the dialect that the inspector reads is the one that the server must read. */
const pinned: readonly (readonly [string, string])[] = [
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
  ['client_min_messages', 'notice'],
];

/** A logged-in connection to a target, for one question after the other; a session takes its socket over. */
export class UpstreamClient {
  /** What the target reported about itself and the session. */
  readonly parameters = new Map<string, string>();
  processId = 0;
  secret: Buffer = Buffer.alloc(0);

  private constructor(private readonly stream: MessageStream) {}

  get socket(): Socket {
    return this.stream.socket;
  }

  /** Rejects with UpstreamError. The signal bounds the whole login. */
  static async connect(
    target: Target,
    settings: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<UpstreamClient> {
    const socket = await openSocket(target.endpoint, signal);
    try {
      const client = new UpstreamClient(new MessageStream(socket, signal, maxMessageBytes));
      await client.#start(target, settings);
      client.stream.established();
      return client;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Runs one statement and returns its rows as text. */
  async query(text: string): Promise<(string | null)[][]> {
    this.stream.socket.write(queryMessage(text));
    const rows: (string | null)[][] = [];
    let failure: UpstreamError | undefined;
    for (;;) {
      const received = await this.#next();
      if (received[0] === backend.dataRow) rows.push(readTextRow(received));
      else if (received[0] === backend.errorResponse) failure = new UpstreamError('the target refused', received);
      else if (received[0] === backend.readyForQuery) break;
    }
    if (failure) throw failure;
    return rows;
  }

  /** Gives the socket away, paused; returns what arrived already. */
  release(): Buffer {
    return this.stream.detach();
  }

  close(): void {
    this.stream.detach();
    this.socket.on('error', () => undefined).end(terminateMessage);
  }

  async #start(target: Target, settings: ReadonlyMap<string, string>): Promise<void> {
    const { endpoint, credential } = target;
    const username = credential['username'];
    if (!username) throw new UpstreamError('the resource has no user name to log in with');
    const parameters = new Map([...settings, ...pinned, ['user', username] as const]);
    if (endpoint.database !== undefined) parameters.set('database', endpoint.database);
    this.socket.write(startupMessage(parameters));
    const path = { encrypted: endpoint.tls !== 'disable', loopback: isLoopback(this.socket.remoteAddress) };
    await logIn(this.stream, await this.#next(), { username, password: credential['password'] }, path);
    for (let ready = false; !ready;) ready = this.#greeting(await this.#next());
    const major = Number.parseInt(this.parameters.get('server_version') ?? '', 10);
    if (!(major <= newestMajor))
      throw new UpstreamError(`the target's major version ${major} is newer than ${newestMajor}`);
  }

  #greeting(received: Buffer): boolean {
    switch (received[0]) {
      case backend.backendKeyData: {
        const body = bodyOf(received);
        this.processId = body.int32();
        this.secret = Buffer.from(body.slice(body.remaining));
        return false;
      }
      case backend.readyForQuery:
        return true;
      case backend.parameterStatus:
      case backend.noticeResponse:
        return false;
      default:
        throw new UpstreamError('the target ended the connection', received);
    }
  }

  async #next(): Promise<Buffer> {
    const received = await this.stream.typed().catch(() => {
      throw new UpstreamError('the connection to the target was lost');
    });
    if (received[0] === backend.parameterStatus) {
      const { name, value } = readParameterStatus(received);
      this.parameters.set(name, value);
    }
    return received;
  }
}

/** Dials, and negotiates TLS where it is asked for: never falls back. */
export async function openSocket(endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<Socket> {
  const { host, port } = endpoint;
  const plain = endpoint.tls === 'disable';
  const socket = plain ? connectReusing({ host, port }) : connectTcp({ host, port, noDelay: true, keepAlive: true });
  try {
    await settled(socket, 'connect', signal);
    return plain ? socket : await encrypt(socket, endpoint, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function encrypt(socket: Socket, endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<Socket> {
  const stream = new MessageStream(socket, signal, maxMessageBytes);
  socket.write(sslRequest);
  const answer = await stream.take(1).catch(() => undefined);
  const early = stream.detach();
  // Bytes ahead of the handshake would be plain ones that pass for protected ones.
  if (answer?.[0] !== 0x53 || early.length > 0) throw new UpstreamError('the target does not accept TLS');
  const name = endpoint.serverName ?? endpoint.host;
  const secure = connectTls({
    socket,
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    ...(endpoint.ca !== undefined && { ca: endpoint.ca }),
    ALPNProtocols: ['postgresql'],
    minVersion: 'TLSv1.2',
  });
  try {
    await settled(secure, 'secureConnect', signal);
    return secure;
  } catch (error) {
    secure.destroy();
    throw error;
  }
}

function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error?: unknown): void => {
      const why = error instanceof Error ? error.message : 'it took too long';
      reject(new UpstreamError(`the target cannot be reached: ${why}`));
    };
    const aborted = (): void => failed();
    const closed = (): void => failed(new Error('it closed the connection'));
    if (signal.aborted) return failed();
    signal.addEventListener('abort', aborted, { once: true });
    // The error listener stays: without one a late error would end the process.
    socket.on('error', failed).once('close', closed);
    socket.once(event, () => {
      signal.removeEventListener('abort', aborted);
      socket.off('close', closed);
      resolve();
    });
  });
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
