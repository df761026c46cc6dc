import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { verbOf } from './api-handler.js';
import type { ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { firstOf } from './header-values.js';
import { containerOf } from './pod-logs.js';
import type { ResourceRequest } from './request-info.js';
import { SpdyConnection } from './spdy/spdy-connection.js';
import type { SpdyStream } from './spdy/spdy-connection.js';
import { StatusError } from './status-error.js';
import type { CommandChannel } from './streams/command-channel.js';
import type { ContainerFolders } from './streams/container.js';
import { environmentOf } from './streams/container.js';
import { forwardOverChannels, forwardOverSpdy, portForwardProtocol } from './streams/port-forward.js';
import { runCommand } from './streams/run-command.js';
import type { StreamType } from './streams/spdy-channel.js';
import { SpdyChannel, spdyCommandProtocols } from './streams/spdy-channel.js';
import { commandProtocols, WebSocketChannel } from './streams/websocket-channel.js';
import { Watch } from './watch-objects.js';

export interface UpgradeServices {
  readonly cluster: Cluster;
  readonly folders: ContainerFolders;
  /** Loopback port behind a port of a pod. */
  readonly forwardedPort: (port: number) => number | undefined;
}
/** A connection whose client asked to leave HTTP. */
export interface Upgrade {
  readonly request: ApiRequest;
  readonly target: ResourceRequest;
  readonly raw: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
}
const tunnelPrefix = 'SPDY/3.1+';
const streamTimeoutMs = 10_000;

/** @throws StatusError while HTTP can still be answered */
export async function serveUpgrade(services: UpgradeServices, upgrade: Upgrade): Promise<void> {
  const { request, target } = upgrade;
  const wanted = (firstOf(request.headers, 'upgrade') ?? '').toLowerCase();
  const name = target.subresource?.name;
  if (wanted === 'websocket') {
    if (name === 'exec' || name === 'attach') return commandOverWebSocket(services, upgrade);
    if (name === 'portforward') return forwardOverWebSocket(services, upgrade);
    if (!target.subresource && verbOf(request, target) === 'watch') return watchOverWebSocket(services, upgrade);
  }
  if (wanted === 'spdy/3.1') {
    if (name === 'exec' || name === 'attach') return commandOverSpdy(services, upgrade);
    if (name === 'portforward') {
      const protocol = chooseSpdy(upgrade, [portForwardProtocol]);
      switchProtocols(upgrade, protocol);
      forwardOverSpdy(upgrade.socket, forwardOptions(services, upgrade));
      return;
    }
  }
  throw StatusError.badRequest('unable to upgrade: unknown protocol');
}

async function commandOverWebSocket(services: UpgradeServices, upgrade: Upgrade): Promise<void> {
  const command = commandOf(services, upgrade);
  const protocol = chooseWebSocket(upgrade, commandProtocols);
  const socket = await acceptWebSocket(upgrade, protocol);
  start(services, upgrade, command, new WebSocketChannel(socket, protocol, command));
}

async function commandOverSpdy(services: UpgradeServices, upgrade: Upgrade): Promise<void> {
  const command = commandOf(services, upgrade);
  const protocol = chooseSpdy(upgrade, spdyCommandProtocols);
  switchProtocols(upgrade, protocol);
  const expected: StreamType[] = ['error'];
  if (command.stdin) expected.push('stdin');
  if (command.stdout) expected.push('stdout');
  if (command.stderr) expected.push('stderr');
  if (command.tty && protocol !== 'channel.k8s.io' && protocol !== 'v2.channel.k8s.io') expected.push('resize');
  const streams = new Map<StreamType, SpdyStream>();
  const late = setTimeout(() => upgrade.socket.destroy(), streamTimeoutMs);
  const connection: SpdyConnection = new SpdyConnection(
    upgrade.socket,
    (stream) => {
      streams.set((stream.headers.get('streamtype') ?? 'error') as StreamType, stream);
      if (!expected.every((type) => streams.has(type))) return;
      clearTimeout(late);
      start(services, upgrade, command, channel);
    },
    () => {
      clearTimeout(late);
      channel.gone();
    },
  );
  const channel = new SpdyChannel(protocol, streams, connection);
}

interface Command {
  readonly argv: readonly string[];
  readonly container: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** What attach shows: the main process greets and repeats what it reads. */
const mainProcess = ['sh', '-c', 'echo attached; cat'];

/** @throws StatusError 400, 404 */
function commandOf(services: UpgradeServices, { request, target }: Upgrade): Command {
  const pod = services.cluster.read(target.kind, target.namespace, target.name ?? '');
  const { query } = request;
  const flag = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '');
  const attach = target.subresource?.name === 'attach';
  const argv = attach ? mainProcess : query.getAll('command');
  if (argv.length === 0) throw StatusError.badRequest('you must specify at least one command for the container');
  const tty = flag('tty');
  const options = { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr') && !tty };
  if (!options.stdin && !options.stdout && !flag('stderr')) {
    throw StatusError.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  return { argv, container: containerOf(pod, query.get('container')), tty, ...options };
}

function start(
  services: UpgradeServices,
  { request, target }: Upgrade,
  command: Command,
  channel: CommandChannel,
): void {
  const pod = services.cluster.read(target.kind, target.namespace, target.name ?? '');
  const audited = {
    pod: `${target.namespace ?? ''}/${pod.metadata.name}`,
    container: command.container,
    argv: command.argv,
    protocol: channel.protocol,
    tty: command.tty,
    stdin: Buffer.alloc(0),
    sizes: [],
  };
  request.audited.command = audited;
  const environment = environmentOf(services.cluster, pod, command.container);
  const folder = services.folders.open(pod, command.container);
  runCommand(channel, { ...command, environment, folder }, audited);
}

async function forwardOverWebSocket(services: UpgradeServices, upgrade: Upgrade): Promise<void> {
  const options = forwardOptions(services, upgrade);
  const channels = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io'];
  const protocol = chooseWebSocket(upgrade, [`${tunnelPrefix}${portForwardProtocol}`, ...channels]);
  const ports = upgrade.request.query
    .getAll('ports')
    .flatMap((list) => list.split(','))
    .map(Number);
  const tunnelled = protocol.startsWith(tunnelPrefix);
  if (!tunnelled && (ports.length === 0 || !ports.every((port) => port > 0 && port < 65_536))) {
    throw StatusError.badRequest('query parameter "ports" is required');
  }
  const socket = await acceptWebSocket(upgrade, protocol);
  if (tunnelled) forwardOverSpdy(createWebSocketStream(socket), options);
  else forwardOverChannels(socket, ports, { ...options, base64: protocol.includes('base64') });
}

function forwardOptions(
  services: UpgradeServices,
  { request, target }: Upgrade,
): Parameters<typeof forwardOverSpdy>[1] {
  const pod = services.cluster.read(target.kind, target.namespace, target.name ?? '');
  return { pod: pod.metadata.name, portOf: services.forwardedPort, audited: request.audited };
}

/** A watch may come by WebSocket too: one text message for each event. */
async function watchOverWebSocket(services: UpgradeServices, upgrade: Upgrade): Promise<void> {
  const watch = new Watch(services.cluster, upgrade.request, upgrade.target);
  const socket = await acceptWebSocket(upgrade, '');
  const stop = watch.start(
    (line) => socket.send(line),
    () => socket.close(1000),
  );
  socket.on('close', stop);
}

/** @throws StatusError 400 when the client offers protocols, and none that is known */
function chooseWebSocket({ request }: Upgrade, known: readonly string[]): string {
  const offered = (firstOf(request.headers, 'sec-websocket-protocol') ?? '')
    .split(/\s*,\s*/)
    .filter((protocol) => protocol !== '' && !protocol.startsWith('base64url.bearer.'));
  if (offered.length === 0) return '';
  const chosen = offered.find((protocol) => known.includes(protocol));
  if (chosen === undefined) {
    throw StatusError.badRequest(
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server supports [${known.join(' ')}]`,
    );
  }
  return chosen;
}

/** @throws StatusError 403, as the real server answers */
function chooseSpdy({ request }: Upgrade, known: readonly string[]): string {
  const offered = (request.headers.get('x-stream-protocol-version') ?? []).flatMap((value) => value.split(/\s*,\s*/));
  if (offered.length === 0) return known.at(-1) ?? '';
  const chosen = offered.find((protocol) => known.includes(protocol));
  if (chosen !== undefined) return chosen;
  const message = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.join(' ')}]`;
  throw new StatusError(403, 'Forbidden', message, {});
}

function switchProtocols({ socket, head }: Upgrade, protocol: string): void {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    `X-Stream-Protocol-Version: ${protocol}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length) socket.unshift(head);
}

/** The name of the tunnel holds a slash, which the library takes for a mistake: it never sees the header. */
function acceptWebSocket({ raw, socket, head }: Upgrade, protocol: string): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  delete raw.headers['sec-websocket-protocol'];
  if (protocol) server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve) => {
    server.handleUpgrade(raw, socket, head, (accepted) => {
      accepted.on('error', () => undefined);
      resolve(accepted);
    });
  });
}
