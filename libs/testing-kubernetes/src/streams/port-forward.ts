import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { AuditedRequest } from '../audit-log.js';
import type { SpdyStream } from '../spdy/spdy-connection.js';
import { SpdyConnection } from '../spdy/spdy-connection.js';

export interface ForwardOptions {
  readonly pod: string;
  /** Loopback port behind a port of the pod; undefined when nothing listens there. */
  readonly portOf: (port: number) => number | undefined;
  readonly audited: AuditedRequest;
}
export const portForwardProtocol = 'portforward.k8s.io';

/** Two SPDY streams for each connection, one for data and one for the error, tied by a request id. */
export function forwardOverSpdy(transport: Duplex, options: ForwardOptions): void {
  const waiting = new Map<string, SpdyStream>();
  new SpdyConnection(transport, (stream) => {
    const id = stream.headers.get('requestid') ?? stream.headers.get('port') ?? '';
    const other = waiting.get(id);
    if (!other) {
      waiting.set(id, stream);
      return;
    }
    waiting.delete(id);
    const [data, error] = stream.headers.get('streamtype') === 'data' ? [stream, other] : [other, stream];
    const port = Number(data.headers.get('port'));
    dial(port, options, {
      failed: (message) => {
        error.end(message);
        data.end();
      },
      connected: (socket) => {
        data.pipe(socket).pipe(data);
        data.on('close', () => socket.destroy());
        socket.on('close', () => error.end());
      },
    });
  });
}

/** The older way: two numbered channels for each port, each opened by a message with its port (little endian). */
export function forwardOverChannels(
  socket: WebSocket,
  ports: readonly number[],
  options: ForwardOptions & { readonly base64: boolean },
): void {
  const send = (channel: number, payload: Buffer): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (options.base64) socket.send(`${channel}${payload.toString('base64')}`);
    else socket.send(Buffer.concat([Buffer.from([channel]), payload]));
  };
  const inputs = new Map<number, Socket>();
  ports.forEach((port, index) => {
    const header = Buffer.alloc(2);
    header.writeUInt16LE(port);
    send(2 * index, header);
    send(2 * index + 1, header);
    dial(port, options, {
      failed: (message) => send(2 * index + 1, Buffer.from(message)),
      connected: (target) => {
        inputs.set(2 * index, target);
        target.on('data', (chunk: Buffer) => send(2 * index, chunk));
        target.on('close', () => socket.close(1000));
      },
    });
  });
  socket.on('message', (message: Buffer) => {
    const channel = options.base64 ? (message[0] ?? 0) - 0x30 : (message[0] ?? 0);
    const rest = message.subarray(1);
    inputs.get(channel)?.write(options.base64 ? Buffer.from(rest.toString(), 'base64') : rest);
  });
  socket.on('close', () => inputs.forEach((target) => target.destroy()));
}

interface DialResult {
  failed(message: string): void;
  connected(socket: Socket): void;
}

function dial(port: number, options: ForwardOptions, result: DialResult): void {
  options.audited.forwardedPorts.push(port);
  const destination = options.portOf(port);
  const refused = `error forwarding port ${port} to pod ${options.pod}: failed to connect to localhost:${port} inside namespace: connection refused`;
  if (destination === undefined) {
    result.failed(refused);
    return;
  }
  // Connected at once for what the client sends before: the socket keeps it until it is.
  const socket = connect({ host: '127.0.0.1', port: destination, allowHalfOpen: true });
  socket.on('error', () => result.failed(refused));
  result.connected(socket);
}
