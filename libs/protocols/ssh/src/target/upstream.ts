import { connect, type Socket } from 'node:net';
import { SshConnection, type ConnectionEvents } from '../connection/connection.js';
import { SshTransport } from '../transport/transport.js';
import { AddressRefusal, hostRef, resolveHost } from './addresses.js';
import { pinnedKeys } from './host-keys.js';
import { UpstreamAuth, type UpstreamCredential } from './upstream-auth.js';
import { UpstreamError } from './upstream-error.js';

export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeys: readonly string[];
  readonly credential: UpstreamCredential;
  /** Addresses that no target may have. */
  forbidden(address: string, port: number): boolean;
}

/** The logged-in connection to a target. */
export interface Upstream {
  readonly connection: SshConnection;
  /** Hangs up: programs on a terminal get SIGHUP from their server. */
  close(): void;
  /** Called once when it is over, whoever ended it; at once when it is already. */
  onClosed(listener: (reason: string) => void): void;
}

/** Dials, checks the host key, logs in. Rejects with an UpstreamError, also when `signal` aborts. */
export async function connectUpstream(target: UpstreamTarget, signal: AbortSignal): Promise<Upstream> {
  let keys;
  try {
    keys = pinnedKeys(target.hostKeys);
  } catch (error) {
    throw new UpstreamError(textOf(error));
  }
  const socket = await dial(target, signal);
  return login(socket, target, { keyTypes: keys.types, verify: keys.matches }, signal);
}

async function dial(target: UpstreamTarget, signal: AbortSignal): Promise<Socket> {
  const host = hostRef(target.host);
  if (!host) throw new UpstreamError('the target has no usable address');
  const address = await resolveHost(host).catch((error: unknown) => {
    throw new UpstreamError(error instanceof AddressRefusal ? error.message : 'the target has no address');
  });
  if (target.forbidden(address, target.port)) throw new UpstreamError('the address is never connected to');
  if (signal.aborted) throw new UpstreamError('no answer in time');
  const socket = connect({ host: address, port: target.port, noDelay: true, keepAlive: true });
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
  return socket;
}

interface Pinned {
  readonly keyTypes: readonly string[];
  readonly verify: (blob: Buffer) => boolean;
}

function login(socket: Socket, target: UpstreamTarget, pinned: Pinned, signal: AbortSignal): Promise<Upstream> {
  return new Promise((resolve, reject) => {
    const closedListeners: ((reason: string) => void)[] = [];
    let closedBecause: string | undefined;
    let unknownKey = false;
    let loggedIn = false;
    const abort = (): void => transport.close('no answer in time');
    const verify = (blob: Buffer): boolean => {
      unknownKey = !pinned.verify(blob);
      return !unknownKey;
    };
    const transport = new SshTransport(
      socket,
      { side: 'client', keyTypes: pinned.keyTypes, verify },
      {
        secured: () => auth.start(),
        message: (payload) => (loggedIn ? connection.receive(payload) : auth.receive(payload)),
        writable: () => connection.flush(),
        closed: (reason) => {
          closedBecause = unknownKey ? 'its host key is not the one that is configured' : reason;
          connection.end();
          reject(new UpstreamError(closedBecause));
          for (const listener of closedListeners) listener(closedBecause);
        },
      },
    );
    const connection = new SshConnection(transport, refuseAll);
    const finish = (error?: Error): void => {
      signal.removeEventListener('abort', abort);
      if (error) {
        reject(error);
        return transport.close(error.message);
      }
      loggedIn = true;
      resolve({
        connection,
        close: () => transport.disconnect('byApplication', 'the session ended'),
        onClosed: (listener) => {
          if (closedBecause === undefined) closedListeners.push(listener);
          else listener(closedBecause);
        },
      });
    };
    let auth: UpstreamAuth;
    try {
      auth = new UpstreamAuth(transport, target.credential, finish);
    } catch (error) {
      // A key that cannot be read. Its text may hold the key: it is not repeated.
      reject(new UpstreamError(error instanceof TypeError ? error.message : 'the credential cannot be used'));
      return transport.close('no usable credential');
    }
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}

/** A target asks for nothing on its own: agent, X11 and unexpected forwards are refused, host key rotation is ignored. */
const refuseAll: ConnectionEvents = {
  open: (request) => request.refuse('prohibited', 'not expected'),
  global: () => false,
};

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
