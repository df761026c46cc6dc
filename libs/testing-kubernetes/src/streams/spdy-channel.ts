import type { SpdyStream } from '../spdy/spdy-connection.js';
import type { Status } from '../status-error.js';
import type { ChannelListener, CommandChannel, SuccessStatus } from './command-channel.js';
import { parseSize } from './command-channel.js';

export type StreamType = 'stdin' | 'stdout' | 'stderr' | 'error' | 'resize';
export const spdyCommandProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

/** exec and attach over SPDY: one stream for each of standard input, output, errors, the outcome and resizing. */
export class SpdyChannel implements CommandChannel {
  constructor(
    readonly protocol: string,
    private readonly streams: ReadonlyMap<StreamType, SpdyStream>,
    private readonly connection: { close(): Promise<void> },
  ) {}

  /** Set by whoever owns the connection: called when the client is gone. */
  gone: () => void = () => undefined;

  listen(listener: ChannelListener): void {
    const stdin = this.streams.get('stdin');
    stdin?.on('data', (chunk: Buffer) => listener.stdin(chunk));
    stdin?.on('end', () => listener.stdinEnd());
    this.streams.get('resize')?.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n')) {
        const size = line ? parseSize(Buffer.from(line)) : undefined;
        if (size) listener.resize(size);
      }
    });
    this.gone = () => listener.close();
  }

  stdout(chunk: Buffer): void {
    this.streams.get('stdout')?.write(chunk);
  }

  stderr(chunk: Buffer): void {
    this.streams.get('stderr')?.write(chunk);
  }

  finish(status: Status | SuccessStatus): void {
    const failure = 'message' in status ? (status.message ?? '') : '';
    const outcome = this.protocol.startsWith('v4') ? JSON.stringify(status) : failure;
    const error = this.streams.get('error');
    if (outcome) error?.write(outcome);
    const open = [...this.streams.values()].filter((stream) => !stream.writableEnded && !stream.destroyed);
    const ended = open.map(
      (stream) => new Promise<void>((resolve) => stream.once('close', resolve).end(() => resolve())),
    );
    void Promise.all(ended).then(() => this.connection.close());
  }
}
