import { connect, type Socket } from 'node:net';
import { SshConnection, type ConnectionEvents } from '../connection/connection.js';
import { LentReads } from '../transport/lent-reads.js';
import { SshTransport } from '../transport/transport.js';
import { AddressRefusal, hostRef, resolveHost } from './addresses.js';
import { pinnedKeys, type PinnedKeys } from './host-keys.js';
import { loginKeyOf, type KeyCredential } from './login-key.js';
import { UpstreamAuth, type Login } from './upstream-auth.js';
import { UpstreamError } from './upstream-error.js';

export interface UpstreamCredential extends KeyCredential {
  readonly username: string;
  readonly password?: string | undefined;
}

export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeys: readonly string[];
  readonly credential: UpstreamCredential;
  /** Addresses that no target may have. */
  forbidden(address: string, port: number): boolean;
}

/** Dials, checks the host key, logs in. Rejects with an UpstreamError, also when `signal` aborts. */
export async function connectUpstream(target: UpstreamTarget, signal: AbortSignal): Promise<Upstream> {
  const keys = readKeys(target.hostKeys);
  const { username, password } = target.credential;
  const login = { username, password, key: loginKeyOf(target.credential, Date.now()) };
  const dialled = await dial(target, signal);
  return new Promise((resolve, reject) => {
    const upstream: Upstream = new Upstream(dialled, keys, login, (error) => {
      signal.removeEventListener('abort', abort);
      if (error) reject(error);
      else resolve(upstream);
    });
    const abort = (): void => upstream.close();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}

interface Dialled {
  readonly socket: Socket;
  readonly reads: LentReads;
}

/** The connection to a target, from its first byte. */
export class Upstream {
  readonly connection: SshConnection;
  readonly #transport: SshTransport;
  readonly #listeners: ((reason: string) => void)[] = [];
  readonly #auth: UpstreamAuth;
  #loggedIn = false;
  #wrongKey = false;
  #refusal: UpstreamError | undefined;
  #closed: string | undefined;

  /** @param ready called once: logged in, or why not */
  constructor(
    { socket, reads }: Dialled,
    private readonly keys: PinnedKeys,
    login: Login,
    private readonly ready: (error?: UpstreamError) => void,
  ) {
    this.#transport = new SshTransport(
      socket,
      { side: 'client', keyTypes: keys.types, verify: (blob) => this.#verify(blob), reads },
      {
        secured: () => this.#auth.start(),
        message: (payload, lent) => this.#receive(payload, lent),
        settled: () => this.connection.settle(),
        writable: () => this.connection.flush(),
        closed: (reason) => this.#ended(reason),
      },
    );
    this.connection = new SshConnection(this.#transport, refuseAll);
    this.#auth = new UpstreamAuth(this.#transport, login, (error) => this.#login(error));
  }

  /** Hangs up: programs on a terminal get SIGHUP from their server. */
  close(): void {
    this.#transport.disconnect('byApplication', 'the session ended');
  }

  /** Called once when it is over, whoever ended it; at once when it is already. */
  onClosed(listener: (reason: string) => void): void {
    if (this.#closed === undefined) this.#listeners.push(listener);
    else listener(this.#closed);
  }

  #receive(payload: Buffer, lent: boolean): void {
    if (this.#loggedIn) this.connection.receive(payload, lent);
    else this.#auth.receive(lent ? Buffer.from(payload) : payload);
  }

  #verify(blob: Buffer): boolean {
    this.#wrongKey = !this.keys.matches(blob);
    return !this.#wrongKey;
  }

  #login(error: UpstreamError | undefined): void {
    this.#refusal = error;
    if (error) return this.#transport.close(error.message);
    this.#loggedIn = true;
    this.ready();
  }

  #ended(reason: string): void {
    this.#closed = this.#wrongKey ? 'its host key is not the one that is configured' : reason;
    if (!this.#loggedIn) this.ready(this.#refusal ?? new UpstreamError(this.#closed));
    // First whoever can say why: once its last channel is closed, a client leaves without hearing it.
    for (const listener of this.#listeners) listener(this.#closed);
    this.connection.end();
  }
}

function readKeys(lines: readonly string[]): PinnedKeys {
  try {
    return pinnedKeys(lines);
  } catch (error) {
    throw new UpstreamError(error instanceof TypeError ? error.message : 'its host keys cannot be read');
  }
}

async function dial(target: UpstreamTarget, signal: AbortSignal): Promise<Dialled> {
  const host = hostRef(target.host);
  if (!host) throw new UpstreamError('the target has no usable address');
  const address = await resolveHost(host).catch((error: unknown) => {
    throw new UpstreamError(error instanceof AddressRefusal ? error.message : 'the target has no address');
  });
  if (target.forbidden(address, target.port)) throw new UpstreamError('the address is never connected to');
  if (signal.aborted) throw new UpstreamError('no answer in time');
  const reads = new LentReads();
  const options = { host: address, port: target.port, noDelay: true, keepAlive: true, onread: reads.options };
  // Nothing may be read before there is somebody to take it.
  const socket = connect(options).pause();
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => reject(new UpstreamError(`cannot be reached: ${error.message}`)));
      socket.once('close', () => reject(new UpstreamError('no answer in time')));
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return { socket, reads };
}

/** A target asks for nothing on its own: agent, X11 and unexpected forwards are refused, host key rotation is ignored. */
const refuseAll: ConnectionEvents = {
  open: (request) => request.refuse('prohibited', 'not expected'),
  global: () => false,
};
