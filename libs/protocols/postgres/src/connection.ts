import type { Socket } from 'node:net';
import { SallyportError } from '@sallyport/domain';
import { enforce, type GatewayHost, type LiveSession, type ResourceBinding } from '@sallyport/enforcement';
import { WireError } from '@sallyport/wire-kit';
import type { CancelRegistry } from './cancel.js';
import type { CatalogSources } from './catalog-sources.js';
import { message, writeParameterStatus } from './codec.js';
import { awaitConnectApproval } from './connect-approval.js';
import { authenticationOk, backendKeyData, receiveStartup, receiveToken, type Startup } from './handshake.js';
import { HandshakeRefusal } from './handshake-refusal.js';
import { connectAction } from './inspect.js';
import type { LoginDeadline } from './login-deadline.js';
import { backend } from './messages.js';
import type { MessageStream } from './message-stream.js';
import { fatalMessage } from './refuse.js';
import { searchPathOf, sessionStateQuery } from './resynchronise.js';
import { contextOf, Session } from './session.js';
import { UpstreamClient } from './upstream.js';
import { UpstreamError } from './upstream-error.js';

/** The same words for a resource that does not exist and for one that is out of bounds: neither can be guessed by asking. */
const noSuchResource = new HandshakeRefusal('28000', 'no such resource, or no permission to connect to it');
const badCredential = new HandshakeRefusal('28P01', 'authentication failed');
const endedEarly = 'the session was ended before it began';
const secretBytes = { 0: 4, 2: 32 } as const;

export interface Gate {
  readonly host: GatewayHost;
  readonly cancels: CancelRegistry;
  readonly sources: CatalogSources;
  /** Gives back the place among the unauthenticated. */
  readonly authenticated: () => void;
  readonly deadline: LoginDeadline;
}

/** A session on its way from its registration to its first request. */
interface Opening {
  live?: LiveSession;
  /** The gateway has ended it meanwhile: nothing of it may begin. */
  ended: boolean;
}

/** From an accepted socket to a running session, or to a refusal. Never rejects. */
export async function serveConnection(socket: Socket, gate: Gate): Promise<void> {
  let stream: MessageStream | undefined;
  const opened: Opening = { ended: false };
  try {
    const startup = await receiveStartup(socket, gate.host.tls(), gate.deadline.signal, (active) => (stream = active));
    if (startup.kind === 'cancel') {
      gate.cancels.request(startup);
      socket.destroySoon();
      return;
    }
    await openSession(startup, gate, socket.remoteAddress ?? 'unknown', opened);
  } catch (error) {
    opened.live?.close(error instanceof Error ? error.message : 'it could not be started');
    refuse(stream?.socket ?? socket, error, gate.host);
  }
}

async function openSession(startup: Startup, gate: Gate, clientAddress: string, opened: Opening): Promise<void> {
  const { host } = gate;
  const token = await receiveToken(startup.stream);
  const authenticated = await host.authenticate(token).catch(() => undefined);
  if (!authenticated) throw badCredential;
  gate.authenticated();
  const binding = host.resource(startup.database, 'postgres');
  if (!binding || binding.protocol !== 'postgres') throw noSuchResource;
  let end = (reason: string): void => {
    opened.ended = true;
    refuse(startup.stream.socket, new HandshakeRefusal('57P01', `terminating connection: ${reason}`), host);
  };
  const live = host.open({
    authenticated,
    resource: binding,
    clientAddress,
    terminate: (reason) => end(reason),
  });
  opened.live = live;
  await judgeConnect(live, startup.stream, gate, opened);
  const session = await connectBoth(startup, gate, { binding, live, opened });
  end = (reason) => session.terminate(reason);
}

async function judgeConnect(
  live: LiveSession,
  stream: MessageStream,
  gate: Gate,
  opened: Readonly<Opening>,
): Promise<void> {
  const context = contextOf(live);
  const action = connectAction(live.info.resource);
  let verdict = enforce(context, { seq: 1, phase: 'execute', request: action, action });
  if (verdict.kind === 'hold') {
    gate.deadline.suspend();
    verdict = await awaitConnectApproval(context, verdict, stream, gate.host);
    gate.deadline.resume();
  }
  if (verdict.kind === 'deny') throw noSuchResource;
  if (opened.ended) {
    if (verdict.approvalId) context.approvals.report(verdict.approvalId, 'failed', endedEarly);
    throw new WireError(endedEarly);
  }
  verdict.permit.take();
  if (verdict.approvalId) context.approvals.report(verdict.approvalId, 'completed', 'connect');
}

async function connectBoth(
  startup: Startup,
  gate: Gate,
  { binding, live, opened }: { binding: ResourceBinding; live: LiveSession; opened: Readonly<Opening> },
): Promise<Session> {
  const { host } = gate;
  const source = gate.sources.acquire(binding, host);
  let client: UpstreamClient | undefined;
  try {
    const target = { endpoint: binding.upstream, credential: binding.credential };
    [client] = await Promise.all([
      UpstreamClient.connect(target, startup.settings, gate.deadline.signal),
      source.refreshSoon(),
    ]);
    const searchPath = searchPathOf(await client.query(sessionStateQuery));
    if (startup.stream.ended) throw new WireError('the client left');
    // What the client sent ahead must not be read: the socket may take until now to close.
    if (opened.ended) throw new WireError(endedEarly);
    return startSession(startup, gate, { binding, live, source, client, searchPath });
  } catch (error) {
    client?.socket.destroy();
    source.release();
    throw error;
  }
}

interface Ready {
  readonly binding: ResourceBinding;
  readonly live: LiveSession;
  readonly source: ReturnType<CatalogSources['acquire']>;
  readonly client: UpstreamClient;
  readonly searchPath: readonly string[];
}

function startSession(startup: Startup, gate: Gate, ready: Ready): Session {
  const { binding, live, source, client, searchPath } = ready;
  const { socket } = startup.stream;
  const key = gate.cancels.register(secretBytes[startup.minorVersion], () => session.cancel());
  const session: Session = new Session(
    {
      host: gate.host,
      binding,
      live,
      inspector: gate.sources.inspector(binding.name),
      source,
      client: socket,
      upstream: client.socket,
      backend: { processId: client.processId, secret: client.secret },
      searchPath,
      onClose: () => {
        key.remove();
        source.release();
      },
    },
    1,
  );
  const greeting = [
    authenticationOk,
    ...[...client.parameters].map(([name, value]) => writeParameterStatus(name, value)),
    backendKeyData(key.processId, key.secret),
    message(backend.readyForQuery, (body) => body.uint8('I'.charCodeAt(0))),
  ];
  const fromUpstream = client.release();
  const fromClient = startup.stream.detach();
  socket.write(Buffer.concat(greeting));
  session.start(fromClient, fromUpstream);
  return session;
}

function refuse(socket: Socket, error: unknown, host: GatewayHost): void {
  socket.on('error', () => undefined);
  if (error instanceof HandshakeRefusal) return bye(socket, fatalMessage(error.sqlState, error.message, error.fields));
  if (error instanceof WireError) {
    host.log('debug', 'a connection ended before it was a session', { reason: error.message });
    return bye(socket, fatalMessage('08P01', 'protocol violation'));
  }
  if (error instanceof UpstreamError) {
    host.log('warn', 'the target cannot be used', { reason: error.message });
    return bye(socket, fatalMessage('08001', 'the target of this resource cannot be reached'));
  }
  const reason = error instanceof SallyportError ? error.code : error instanceof Error ? error.message : 'unknown';
  host.log('error', 'a session could not be started', { reason });
  bye(socket, fatalMessage('57P03', 'a session cannot be started now'));
}

function bye(socket: Socket, last: Buffer): void {
  socket.end(last);
  setTimeout(() => socket.destroy(), 1000).unref();
}
