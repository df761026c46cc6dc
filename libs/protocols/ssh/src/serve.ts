import type { Socket } from 'node:net';
import { SallyportError } from '@sallyport/domain';
import type { Authenticated, GatewayHost, LiveSession, ResourceBinding } from '@sallyport/enforcement';
import { serveRequests } from './channels/channel-requests.js';
import { SshConnection, type ConnectionEvents } from './connection/connection.js';
import { connectAction, sceneOf } from './inspect.js';
import { LoginRefusal } from './login/login-refusal.js';
import type { OfferedKey } from './login/public-key.js';
import { UserAuth } from './login/user-auth.js';
import { parseUserName } from './login/user-name.js';
import { holdText, line, noSuchResource } from './refuse.js';
import { SshSession } from './session.js';
import { connectUpstream, type Upstream } from './target/upstream.js';
import { CredentialError, UpstreamError } from './target/upstream-error.js';
import type { ParsedKey } from './transport/ssh2-protocol.js';
import { SshTransport } from './transport/transport.js';

/** What a gateway may offer beside tokens. Called only for a key whose signature was verified on this connection. */
export interface KeyAuthentication {
  authenticateKey?(key: OfferedKey): Promise<Authenticated | undefined>;
}

export interface Gate {
  readonly host: GatewayHost & KeyAuthentication;
  readonly hostKeys: readonly ParsedKey[];
  /** Gives back the place among the unauthenticated. */
  readonly authenticated: () => void;
}

/** Serves one accepted socket to its end. */
export function serveConnection(socket: Socket, gate: Gate): void {
  new ServedConnection(socket, gate);
}

class ServedConnection {
  readonly #transport: SshTransport;
  readonly #auth: UserAuth;
  readonly #connection: SshConnection;
  readonly #clientAddress: string;
  /** Aborted when the client is gone. */
  readonly #gone = new AbortController();
  #deadline: NodeJS.Timeout;
  #session: SshSession | undefined;

  constructor(
    socket: Socket,
    private readonly gate: Gate,
  ) {
    const { host, hostKeys } = gate;
    this.#clientAddress = socket.remoteAddress ?? 'unknown';
    this.#transport = new SshTransport(
      socket,
      { side: 'server', hostKeys },
      {
        secured: () => undefined,
        message: (payload) => (this.#auth.done ? this.#connection.receive(payload) : this.#auth.receive(payload)),
        writable: () => this.#connection.flush(),
        closed: (reason) => this.#closed(reason),
      },
    );
    this.#auth = new UserAuth(this.#transport, {
      token: (token) => host.authenticate(token),
      key: host.authenticateKey && ((key) => host.authenticateKey!(key)),
      admit: (userName, authenticated) => this.#admit(userName, authenticated),
      failed: (error) => this.#refuse(error),
    });
    this.#connection = new SshConnection(this.#transport, nothingYet);
    this.#deadline = this.#armed();
  }

  /** From the proof of who it is to a session with its target. Rejects with what keeps it from that. */
  async #admit(userName: string, authenticated: Authenticated): Promise<void> {
    const { host } = this.gate;
    this.gate.authenticated();
    const name = parseUserName(userName);
    const binding = name && host.resource(name.resource, 'ssh');
    if (!binding || binding.protocol !== 'ssh') throw new LoginRefusal(noSuchResource);
    const login = loginOn(binding, name.login);
    if (login === undefined) throw new LoginRefusal(noSuchResource);
    const session = this.#open(binding, authenticated, login);
    await this.#judgeConnect(session);
    session.attach(await this.#dial(binding, login));
    if (session.over.aborted) throw new LoginRefusal('the session was ended before it began');
    serveRequests(session, this.#connection);
    clearTimeout(this.#deadline);
  }

  #open(binding: ResourceBinding, authenticated: Authenticated, login: string): SshSession {
    const { host } = this.gate;
    const opened: { session?: SshSession; ended?: string } = {};
    const live: LiveSession = host.open({
      authenticated,
      resource: binding,
      clientAddress: this.#clientAddress,
      terminate: (reason) => {
        opened.ended = reason;
        opened.session?.end(`terminated: ${reason}`);
      },
    });
    const session = new SshSession({
      host,
      live,
      binding,
      scene: sceneOf(binding, login),
      hangUp: (text) => this.#transport.disconnect('byApplication', text),
    });
    opened.session = session;
    this.#session = session;
    if (opened.ended !== undefined) session.end(`terminated: ${opened.ended}`);
    return session;
  }

  async #judgeConnect(session: SshSession): Promise<void> {
    const seq = session.nextSeq();
    const action = connectAction(session.scene);
    const verdict = await session.judge(
      seq,
      { request: action, action },
      {
        pending: (approval) => {
          clearTimeout(this.#deadline);
          this.#auth.banner(holdText(approval, session.host));
        },
        signal: this.#gone.signal,
        // Who is not in yet holds a place too.
        maxWaitSeconds: this.gate.host.limits.maxHoldInTransactionSeconds,
      },
    );
    clearTimeout(this.#deadline);
    this.#deadline = this.#armed();
    if (verdict.kind === 'deny') throw new LoginRefusal(noSuchResource);
    if (session.over.aborted) {
      if (verdict.approvalId) {
        session.context.approvals.report(verdict.approvalId, 'failed', 'the session was ended before it began');
      }
      throw new LoginRefusal('the session was ended before it began');
    }
    verdict.permit.take();
    session.settle(seq, verdict, 'connect', 'completed');
  }

  #dial(binding: ResourceBinding, login: string): Promise<Upstream> {
    const { upstream, credential, ssh } = binding;
    const { password, privateKey, certificate } = credential;
    return connectUpstream(
      {
        host: upstream.host,
        port: upstream.port,
        hostKeys: ssh?.hostKeys ?? [],
        credential: { username: login, password, privateKey, certificate },
        forbidden: (address, port) => this.gate.host.forbidden(address, port),
      },
      this.#gone.signal,
    );
  }

  #refuse(error: unknown): void {
    const { host } = this.gate;
    if (error instanceof LoginRefusal) return this.#bye(error.message);
    if (error instanceof UpstreamError) {
      host.log('warn', 'the target cannot be used', { reason: error.message });
      const why = error instanceof CredentialError ? `: ${error.message}` : '';
      return this.#bye(`the target of this resource cannot be reached${why}`);
    }
    const reason = error instanceof SallyportError ? error.code : error instanceof Error ? error.message : 'unknown';
    host.log('error', 'a session could not be started', { reason });
    this.#bye('a session cannot be started now');
  }

  /** Said twice: clients show one or the other. */
  #bye(text: string): void {
    this.#auth.banner(line(text));
    this.#transport.disconnect('byApplication', text);
  }

  #closed(reason: string): void {
    clearTimeout(this.#deadline);
    this.#gone.abort();
    this.#connection.end();
    if (this.#session) this.#session.end(reason);
    else this.gate.host.log('debug', 'a connection ended before it was a session', { reason });
  }

  #armed(): NodeJS.Timeout {
    const { authTimeoutMs } = this.gate.host.limits;
    return setTimeout(() => this.#transport.disconnect('byApplication', 'no login in time'), authTimeoutMs).unref();
  }
}

/** The account on the target. Another than the configured one must be on the resource's list. */
function loginOn({ credential, ssh }: ResourceBinding, asked: string | undefined): string | undefined {
  const configured = credential['username'];
  if (asked === undefined || asked === configured) return configured;
  return ssh?.logins.includes(asked) ? asked : undefined;
}

const nothingYet: ConnectionEvents = {
  open: (request) => request.refuse('prohibited', 'not yet'),
  global: () => false,
};
