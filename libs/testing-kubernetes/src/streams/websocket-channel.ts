import type { WebSocket } from 'ws';
import type { Status } from '../status-error.js';
import type { ChannelListener, CommandChannel, SuccessStatus } from './command-channel.js';
import { parseSize } from './command-channel.js';

/** The first byte of a message says which stream it is of. */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Newest first. The empty name stands for clients that name none. */
export const commandProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
];

/** exec and attach over a WebSocket (k8s.io/apiserver/pkg/util/wsstream, remotecommand/websocket.go). */
export class WebSocketChannel implements CommandChannel {
  readonly #base64: boolean;

  constructor(
    private readonly socket: WebSocket,
    readonly protocol: string,
    private readonly streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
  ) {
    this.#base64 = protocol.includes('base64');
    // Every output stream is announced by an empty message, so that readers begin.
    if (!protocol.startsWith('v5')) for (const channel of [1, 2, 3]) this.#send(channel, Buffer.alloc(0));
  }

  listen(listener: ChannelListener): void {
    this.socket.on('message', (message: Buffer) => this.#receive(message, listener));
    this.socket.on('close', () => listener.close());
    this.socket.on('error', () => listener.close());
  }

  stdout(chunk: Buffer): void {
    if (this.streams.stdout) this.#send(channels.stdout, chunk);
  }

  stderr(chunk: Buffer): void {
    if (this.streams.stderr) this.#send(channels.stderr, chunk);
  }

  finish(status: Status | SuccessStatus): void {
    const plain = this.protocol.startsWith('v') && !/^v[23]/.test(this.protocol);
    const failure = 'message' in status ? (status.message ?? '') : '';
    const message = plain ? JSON.stringify(status) : failure;
    if (plain || message) this.#send(channels.error, Buffer.from(message));
    this.socket.close(1000);
  }

  #receive(message: Buffer, listener: ChannelListener): void {
    if (message.length === 0) return;
    const channel = this.#base64 ? message.readUInt8(0) - 0x30 : message.readUInt8(0);
    const rest = message.subarray(1);
    const payload = this.#base64 ? Buffer.from(rest.toString(), 'base64') : rest;
    if (channel === channels.stdin && this.streams.stdin) listener.stdin(payload);
    if (channel === channels.close && payload[0] === channels.stdin) listener.stdinEnd();
    const size = channel === channels.resize ? parseSize(payload) : undefined;
    if (size) listener.resize(size);
  }

  #send(channel: number, payload: Buffer): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.#base64) this.socket.send(`${channel}${payload.toString('base64')}`);
    else this.socket.send(Buffer.concat([Buffer.from([channel]), payload]));
  }
}
