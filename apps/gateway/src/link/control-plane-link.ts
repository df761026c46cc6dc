import type { Replies, ToControlPlane, ToGateway } from '@sallyport/gateway-contract';
import { WebSocket } from 'ws';
import type { Logger } from '../logger.js';
import { Connection, type Push, type RequestOptions } from './connection.js';
import type { Identity } from './identity.js';
import { LinkError } from './link-error.js';

export interface LinkOptions {
  readonly url: string;
  readonly ca?: string;
  readonly name: string;
  readonly enrolmentToken?: string;
  readonly identity: Identity;
  readonly log: Logger;
  /** What hello says besides the credential. */
  readonly describe: () => Pick<ToControlPlane['gateway.hello'], 'version' | 'adapters' | 'sessions'>;
  /** Must not throw. */
  readonly onPush: (push: Exclude<Push, { type: 'control-plane.challenge' }>) => void;
  /** After every hello that was accepted. Must not throw. */
  readonly onReady: (hello: Replies['gateway.hello']) => void;
  readonly timing?: Partial<LinkTiming>;
}

/** Milliseconds. */
export interface LinkTiming {
  readonly firstRetry: number;
  readonly longestRetry: number;
  readonly heartbeat: number;
  readonly handshake: number;
}
const defaultTiming: LinkTiming = { firstRetry: 250, longestRetry: 15_000, heartbeat: 10_000, handshake: 10_000 };
const maxInboundBytes = 64 * 1024 * 1024;
/** A credential is renewed when this much of its life is over. */
const renewAfter = 0.6;

/**
 * The one way to the control plane: dials out, proves who it is, and dials again whenever the connection is lost. Nothing is
 * queued here: a request without a connection is refused at once, and whoever must not lose one keeps it.
 */
export class ControlPlaneLink {
  readonly #timing: LinkTiming;
  #connection: Connection | undefined;
  #ready = false;
  #stopped = false;
  /** Connections in a row that never became ready. */
  #failures = 0;
  /** The enrolment token was tried; it works once. */
  #tokenSpent = false;
  #retry: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(private readonly options: LinkOptions) {
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  get connected(): boolean {
    return this.#ready;
  }

  start(): void {
    this.#dial();
  }

  stop(): void {
    this.#stopped = true;
    this.#ready = false;
    clearTimeout(this.#retry);
    this.#connection?.terminate();
  }

  /** @throws LinkError (as a rejection). `offline` and `timeout` leave open whether the control plane acted. */
  request<T extends keyof ToControlPlane>(
    type: T,
    body: ToControlPlane[T],
    options?: RequestOptions,
  ): Promise<Replies[T]> {
    if (!this.#ready || !this.#connection) return Promise.reject(new LinkError('offline', 'not connected'));
    return this.#connection.request(type, body, options);
  }

  #dial(): void {
    const { url, ca, log } = this.options;
    const socket = new WebSocket(url, {
      ...(ca !== undefined && { ca }),
      handshakeTimeout: this.#timing.handshake,
      maxPayload: maxInboundBytes,
      perMessageDeflate: false,
      followRedirects: false,
      ...(url.startsWith('wss:') && { generateMask: noMask }),
    });
    const connection = new Connection(socket, (push) => this.#receive(connection, push), log);
    this.#connection = connection;
    // The whole way to an accepted hello: a peer that accepts and then says nothing is no control plane.
    this.#deadline = setTimeout(() => socket.terminate(), this.#timing.handshake * 3);
    this.#heartbeat = setInterval(() => this.#beat(connection), this.#timing.heartbeat);
    socket.on('error', (error) => log.warn({ error: error.message }, 'the connection to the control plane failed'));
    socket.on('close', () => this.#closed(connection));
  }

  #closed(connection: Connection): void {
    for (const timer of [this.#deadline, this.#heartbeat, this.#renewal]) clearTimeout(timer);
    if (this.#ready) this.options.log.warn('the connection to the control plane is lost');
    this.#ready = false;
    this.#connection = undefined;
    connection.ended();
    if (this.#stopped) return;
    // Jitter: gateways that lost the same control plane must not come back in step.
    const { firstRetry, longestRetry } = this.#timing;
    const ceiling = Math.min(longestRetry, firstRetry * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#dial(), ceiling * (0.5 + Math.random() / 2));
  }

  #beat(connection: Connection): void {
    if (performance.now() - connection.lastSeen > this.#timing.heartbeat * 2) connection.terminate();
    else connection.ping();
  }

  #receive(connection: Connection, push: Push): void {
    if (push.type !== 'control-plane.challenge') return this.options.onPush(push);
    this.#greet(connection, push.body).catch((error: unknown) => {
      this.options.log.error({ error: (error as Error).message }, 'the control plane does not accept this gateway');
      connection.terminate();
    });
  }

  async #greet(connection: Connection, { nonce }: ToGateway['control-plane.challenge']): Promise<void> {
    const { identity, describe, log, onReady } = this.options;
    if (!identity.enrolment) await this.#enrol(connection);
    const { credential } = identity.enrolment!;
    const hello = { credential, proof: identity.prove(nonce), ...describe() };
    const answer = await connection.request('gateway.hello', hello).catch(async (error: unknown) => {
      // Refused with what it has (deleted, or away for too long): a token it was given since is what that is for.
      if (!(error instanceof LinkError && error.final) || !this.#hasToken()) throw error;
      log.warn({ error: error.message }, 'the control plane refused the credential: enrolling again');
      await this.#enrol(connection);
      return connection.request('gateway.hello', { ...hello, credential: identity.enrolment!.credential });
    });
    clearTimeout(this.#deadline);
    this.#failures = 0;
    this.#ready = true;
    this.#scheduleRenewal(connection);
    log.info({ name: answer.name }, 'connected to the control plane');
    onReady(answer);
  }

  #hasToken(): boolean {
    return this.options.enrolmentToken !== undefined && !this.#tokenSpent;
  }

  async #enrol(connection: Connection): Promise<void> {
    const { identity, name, enrolmentToken, log } = this.options;
    if (enrolmentToken === undefined || this.#tokenSpent) {
      throw new LinkError('refused', 'this gateway is not enrolled: give it a fresh SALLYPORT_ENROLMENT_TOKEN');
    }
    const body = { token: enrolmentToken, name, publicKey: identity.publicJwk() };
    const enrolled = await connection.request('gateway.enrol', body).catch((error: unknown) => {
      // Only a refusal says that the token was looked at; without an answer it is worth another try.
      if (error instanceof LinkError && error.final) this.#tokenSpent = true;
      throw error;
    });
    this.#tokenSpent = true;
    identity.enrol(enrolled);
    log.info({ name: enrolled.name }, 'enrolled');
  }

  #scheduleRenewal(connection: Connection): void {
    const life = Date.parse(this.options.identity.enrolment!.expiresAt) - Date.now();
    // A timer holds at most 2^31-1 ms; a credential that is over is renewed at once.
    const wait = Math.min(Math.max(life * renewAfter, 0), 2 ** 31 - 1);
    this.#renewal = setTimeout(() => void this.#renew(connection), wait);
  }

  async #renew(connection: Connection): Promise<void> {
    try {
      const fresh = await connection.request('lease.renew', {});
      this.options.identity.renew(fresh.credential, fresh.expiresAt);
      if (this.#connection === connection) this.#scheduleRenewal(connection);
    } catch (error) {
      this.options.log.warn({ error: (error as Error).message }, 'the credential could not be renewed');
      if (this.#connection === connection) {
        this.#renewal = setTimeout(() => void this.#renew(connection), this.#timing.longestRetry);
      }
    }
  }
}

/**
 * The mask of RFC 6455 section 5.3 keeps what a client sends from passing for HTTP where a proxy reads along. Nobody reads
 * along in TLS, and masking a piece of a recording would hold up every session for a millisecond; zeros change nothing.
 */
function noMask(mask: Buffer): void {
  mask.fill(0);
}
