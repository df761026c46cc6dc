import type { Socket } from 'node:net';
import type { GatewayHost, ProtocolAdapter } from '@sallyport/enforcement';
import { ConnectionLimit } from '@sallyport/wire-kit';
import { capabilities } from './capabilities.js';
import { serveConnection } from './serve.js';
import { signaturesOf } from './transport/algorithms.js';
import { nativeCrypto, parsePrivateKey } from './transport/ssh2-protocol.js';

export interface SshAdapterOptions {
  /** The gateway's own private keys, PEM or OpenSSH format, at most one of a type. */
  readonly hostKeys: readonly string[];
}

export interface SshAdapter extends ProtocolAdapter {
  /** False: packets are sealed by the slower of two implementations. Worth a warning, nothing else. */
  readonly nativeCrypto: boolean;
}

/** Whoever vanished without a word is noticed after some minutes of this. Milliseconds. */
const keepAliveMs = 60_000;

/** The SSH adapter. Throws a TypeError when a host key cannot be used. */
export function createSshAdapter({ hostKeys }: SshAdapterOptions): SshAdapter {
  const keys = hostKeys.map(parsePrivateKey);
  if (keys.length === 0) throw new TypeError('an SSH server needs a host key');
  if (keys.some(({ type }) => !(type in signaturesOf))) throw new TypeError('a host key is of no accepted type');
  if (new Set(keys.map(({ type }) => type)).size < keys.length) throw new TypeError('two host keys of one type');
  const unauthenticated = new ConnectionLimit();
  return {
    listener: 'ssh',
    serves: [{ protocol: 'ssh', capabilities }],
    nativeCrypto,
    accept(socket: Socket, host: GatewayHost): void {
      socket.on('error', () => undefined);
      socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
      const leave = unauthenticated.enter(host.limits.maxUnauthenticated);
      if (!leave) {
        socket.destroy();
        return;
      }
      socket.once('close', leave);
      serveConnection(socket, { host, hostKeys: keys, authenticated: leave });
    },
  };
}
