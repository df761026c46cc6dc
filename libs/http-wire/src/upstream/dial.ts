import {
  connect as connectTcp,
  isIP,
  type Socket,
  type SocketConstructorOpts,
  type TcpSocketConnectOpts,
} from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
} from 'node:tls';
import { connectReusing } from '@sallyport/wire-kit';
import { WireFault } from '../message.js';
import { bareHost, resolveTarget, type ResolveOptions } from './address.js';

export interface UpstreamEndpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: 'disable' | 'verify-full';
  /** PEM; the system's authorities unless told. */
  readonly ca?: string | undefined;
  /** The name that the certificate must bear, where it is not `host`. */
  readonly serverName?: string | undefined;
  /** PEM, both or neither. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Offers HTTP/2; only over TLS. */
  readonly http2?: boolean | undefined;
}

export type Alpn = 'h2' | 'http/1.1';

/**
 * Opens connections to one endpoint. Each time the host is resolved and its addresses are checked anew, and the checked
 * addresses are what is dialled. TLS sessions are never resumed, so nothing of one connection serves another.
 */
export class Dialer {
  #context: SecureContext | undefined;

  constructor(
    private readonly endpoint: UpstreamEndpoint,
    private readonly options: ResolveOptions,
  ) {}

  /** A connected socket, TLS verified. Rejects with a WireFault, also when the signal aborts. */
  async dial(alpn: readonly Alpn[], signal: AbortSignal): Promise<Socket> {
    const { host, port, tls } = this.endpoint;
    const addresses = await aborted(resolveTarget(host, port, this.options), signal);
    const to: TcpSocketConnectOpts = {
      host: addresses.length === 1 ? addresses[0].address : bareHost(host),
      port,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 1_000,
      lookup: (_host, _options, found) => found(null, [...addresses]),
    };
    if (tls === 'disable')
      return connected(
        connectReusing((onread) => connectTcp({ ...to, onread })),
        signal,
      );
    return this.#secured(to, alpn, signal);
  }

  async #secured(to: TcpSocketConnectOpts, alpn: readonly Alpn[], signal: AbortSignal): Promise<Socket> {
    const name = bareHost(this.endpoint.serverName ?? this.endpoint.host);
    const secureContext = this.#secureContext();
    // A socket of its own: on top of one that is connected already, TLS would not read into memory that is used again.
    const secure = connectReusing((onread) => {
      const options: ConnectionOptions & SocketConstructorOpts = {
        ...to,
        onread,
        ...(isIP(name) === 0 ? { servername: name } : {}),
        // Left to itself, TLS would check a certificate for an address against the address that was dialled.
        checkServerIdentity: (_dialled, certificate) => checkServerIdentity(name, certificate),
        secureContext,
        rejectUnauthorized: true,
        ALPNProtocols: [...alpn],
      };
      return connectTls(options);
    }, 'tls');
    const proven = settled(secure, 'secureConnect', signal);
    // Is waited for below; until then it may fail together with the connection.
    proven.catch(ignore);
    await connected(secure, signal);
    try {
      await proven;
      if (!secure.authorized) throw new Error('not authorized');
      return secure;
    } catch (cause) {
      secure.destroy();
      if (signal.aborted) throw abortFault(signal);
      throw new WireFault('upstream-tls', `no trusted TLS connection to the target: ${reasonOf(cause)}`, 502);
    }
  }

  #secureContext(): SecureContext {
    const { ca, clientCertificate, clientKey } = this.endpoint;
    this.#context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate }),
      ...(clientKey === undefined ? {} : { key: clientKey }),
    });
    return this.#context;
  }
}

/** The socket, once TCP is. */
async function connected<S extends Socket>(socket: S, signal: AbortSignal): Promise<S> {
  try {
    await settled(socket, 'connect', signal);
  } catch (cause) {
    socket.destroy();
    if (signal.aborted) throw abortFault(signal);
    throw new WireFault('upstream-unreachable', `the target cannot be reached: ${reasonOf(cause)}`, 502);
  }
  return socket.setNoDelay(true).setKeepAlive(true, 30_000);
}

/** Resolves at the event; rejects when the socket fails or closes first, or the signal aborts. */
function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onEvent).off('error', onError).off('close', onClose);
      // What fails later is heard by whoever takes the socket over; until then nobody else listens.
      socket.on('error', ignore);
      settle();
    };
    const onEvent = (): void => done(resolve);
    const onError = (error: Error): void => done(() => reject(error));
    const onClose = (): void => done(() => reject(new Error('closed')));
    const onAbort = (): void => done(() => reject(abortFault(signal)));
    socket.on(event, onEvent).on('error', onError).on('close', onClose);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}

function aborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortFault(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function abortFault(signal: AbortSignal): WireFault {
  const reason: unknown = signal.reason;
  return reason instanceof WireFault ? reason : new WireFault('upstream-closed', 'the connection was given up', 502);
}

/** A code such as ECONNREFUSED; never the text, which names addresses. */
function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'failed';
}

function ignore(): void {}
