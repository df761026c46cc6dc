import type { Frame } from '../frame.js';

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** What happened on the terminal of one session channel, in order. Times in microseconds since the Unix epoch. */
export type TerminalEvent = { readonly time: number } & (
  | { readonly kind: 'begin'; readonly seq: number }
  | { readonly kind: 'size'; readonly size: TerminalSize; readonly term?: string }
  | { readonly kind: 'output' | 'input'; readonly bytes: Buffer }
  | { readonly kind: 'marker'; readonly text: string }
  | { readonly kind: 'exit'; readonly status: string }
);

/** Beyond it no terminal is, only a player that is to run out of memory. */
const largest = 1000;

/**
 * Picks one terminal session out of a recording, in which several take turns: SSH channels, the lines of a gateway-run shell,
 * streams of a cluster. A note says whose the following bytes are; over HTTP each decision does as well.
 */
export class TerminalTape {
  readonly #members = new Set<number>();
  #chosen: number | undefined;
  #protocol = '';
  #turn = 0;
  #stream = { request: 'stdin', response: 'stdout' };

  /** @param wanted the exchange to follow; the first terminal session where it is left out */
  constructor(private readonly wanted?: number) {}

  push(frame: Frame): TerminalEvent | undefined {
    const { time } = frame;
    switch (frame.kind) {
      case 'open':
        this.#protocol = frame.session.protocol;
        return undefined;
      case 'decision':
        if (this.#protocol !== 'ssh') this.#turn = frame.decision.seq;
        return undefined;
      case 'note':
        return this.#note(time, frame.name, frame.detail);
      case 'request':
      case 'response':
        return this.#bytes(time, frame.kind, frame.bytes);
      case 'outcome':
        return frame.seq === this.#chosen ? this.#outcome(time, frame.completion) : undefined;
      case 'close':
        return this.#chosen === undefined ? undefined : { kind: 'marker', time, text: `closed: ${frame.reason}` };
    }
  }

  #note(time: number, name: string, detail: Readonly<Record<string, unknown>>): TerminalEvent | undefined {
    const seq = typeof detail['seq'] === 'number' ? detail['seq'] : this.#turn;
    switch (name) {
      case 'exchange':
        this.#turn = seq;
        return undefined;
      case 'channel':
        if (detail['line'] !== undefined && detail['line'] === this.#chosen) this.#members.add(seq);
        return detail['kind'] === 'exec' || detail['kind'] === 'shell' ? this.#begin(time, seq) : undefined;
      case 'streams':
        // Forwarded ports are streams as well, and no terminal.
        return String(detail['protocol']).includes('portforward') ? undefined : this.#begin(time, seq);
      case 'stream':
        return this.#turnStream(seq, detail);
      case 'pty':
      case 'resize':
        return seq === this.#chosen ? sizeOf(time, detail) : undefined;
      case 'held':
        return this.#members.has(seq) ? { kind: 'marker', time, text: 'waits for approval' } : undefined;
      case 'exit':
        return seq === this.#chosen ? { kind: 'exit', time, status: String(detail['code']) } : undefined;
      default:
        return undefined;
    }
  }

  #begin(time: number, seq: number): TerminalEvent | undefined {
    if (this.#chosen !== undefined || (this.wanted !== undefined && seq !== this.wanted)) return undefined;
    this.#chosen = seq;
    this.#members.add(seq);
    return { kind: 'begin', time, seq };
  }

  #turnStream(seq: number, { direction, name }: Readonly<Record<string, unknown>>): undefined {
    if (seq !== this.#chosen || typeof name !== 'string') return undefined;
    if (direction === 'request' || direction === 'response') this.#stream[direction] = name;
    return undefined;
  }

  #bytes(time: number, direction: 'request' | 'response', bytes: Buffer): TerminalEvent | undefined {
    if (!this.#members.has(this.#turn)) return undefined;
    const stream = this.#stream[direction];
    if (direction === 'request') return stream === 'stdin' ? { kind: 'input', time, bytes } : undefined;
    return stream === 'stdout' || stream === 'stderr' ? { kind: 'output', time, bytes } : undefined;
  }

  /** SSH notes how a program ended; elsewhere the outcome says it. */
  #outcome(time: number, completion: string): TerminalEvent | undefined {
    const code = /^exit (\d+)$/.exec(completion)?.[1];
    if (code === undefined) return { kind: 'marker', time, text: completion };
    return this.#protocol === 'ssh' ? undefined : { kind: 'exit', time, status: code };
  }
}

function sizeOf(time: number, detail: Readonly<Record<string, unknown>>): TerminalEvent | undefined {
  const cols = detail['cols'] ?? detail['width'];
  const rows = detail['rows'] ?? detail['height'];
  if (typeof cols !== 'number' || typeof rows !== 'number') return undefined;
  const term = typeof detail['term'] === 'string' && detail['term'] !== '' ? detail['term'] : undefined;
  return { kind: 'size', time, size: { cols: bounded(cols), rows: bounded(rows) }, ...(term && { term }) };
}

function bounded(value: number): number {
  return Math.max(1, Math.min(largest, Math.floor(value) || 1));
}
