import type { Status } from '../status-error.js';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
/** What a running command sees of its client, whatever carries it. */
export interface CommandChannel {
  /** Name of the stream protocol, for the audit. */
  readonly protocol: string;
  listen(listener: ChannelListener): void;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** Tells how it ended, and closes. */
  finish(status: Status | SuccessStatus): void;
}
export interface ChannelListener {
  stdin(chunk: Buffer): void;
  /** No more input. */
  stdinEnd(): void;
  resize(size: TerminalSize): void;
  /** The client is gone. */
  close(): void;
}
export interface SuccessStatus {
  readonly metadata: Record<string, never>;
  readonly status: 'Success';
}

/** Go reads field names in any letter case, and clients make use of it. */
export function parseSize(message: Buffer): TerminalSize | undefined {
  try {
    const fields = Object.entries(JSON.parse(message.toString()) as Record<string, unknown>);
    const field = (wanted: string): number => Number(fields.find(([name]) => name.toLowerCase() === wanted)?.[1]);
    return { columns: field('width'), rows: field('height') };
  } catch {
    return undefined;
  }
}
