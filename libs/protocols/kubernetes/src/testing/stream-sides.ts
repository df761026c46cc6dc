import type { ApprovalOutcome } from '@sallyport/enforcement';
import type { RunningTunnel, TunnelHandler, TunnelSides, TunnelTape } from '@sallyport/http-core';
import { WebSocketPeer, type HeaderField, type RequestHead, type WebSocketEnd } from '@sallyport/http-wire';
import { duplexPair, type Duplex } from 'node:stream';
import { acceptAnswer } from './stream-handshake.js';

/** A tape that keeps its lines in memory; what `flush` has seen is on it for good. */
export class MemoryTape implements TunnelTape {
  readonly lines: string[] = [];
  flushed = 0;
  congested = false;
  broken = false;
  resume: () => void = () => {};

  request(bytes: Uint8Array): void {
    this.lines.push(`> ${Buffer.from(bytes).toString('latin1')}`);
  }
  response(bytes: Uint8Array): void {
    this.lines.push(`< ${Buffer.from(bytes).toString('latin1')}`);
  }
  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    this.lines.push(`# ${name} ${JSON.stringify(detail)}`);
  }
  flush(): void {
    if (this.broken) throw new Error('the disk is full');
    this.flushed = this.lines.length;
  }
  onDrain(listener: () => void): void {
    this.resume = listener;
  }
}

export interface Relayed {
  readonly client: Duplex;
  readonly upstream: Duplex;
  readonly tape: MemoryTape;
  readonly tunnel: RunningTunnel;
  readonly ended: Promise<[completion: string, outcome: ApprovalOutcome]>;
}

/** Relays between two far ends in memory, after the upstream has agreed to `protocol`. */
export function relayed(handler: TunnelHandler, protocol: string): Relayed {
  if (!handler.accept(acceptAnswer(handler.requestHeaders, protocol))) throw new Error('the answer is not accepted');
  const [client, nearClient] = duplexPair();
  const [upstream, nearUpstream] = duplexPair();
  const tape = new MemoryTape();
  let report: (end: [string, ApprovalOutcome]) => void = () => {};
  const ended = new Promise<[string, ApprovalOutcome]>((resolve) => (report = resolve));
  const sides: TunnelSides = {
    client: nearClient,
    upstream: nearUpstream,
    tape,
    seq: 1,
    obligations: [],
    hide: (message) => message,
    permits: () => false,
    ended: (completion, outcome) => report([completion, outcome]),
  };
  return { client, upstream, tape, tunnel: handler.relay(sides), ended };
}

export interface FarEnd {
  readonly peer: WebSocketPeer;
  readonly heard: string[];
  readonly closed: Promise<WebSocketEnd>;
}

/** A far end that keeps what it hears, as latin1. */
export function webSocketEnd(tunnel: Duplex, role: 'client' | 'server'): FarEnd {
  const heard: string[] = [];
  let close: (end: WebSocketEnd) => void = () => {};
  const closed = new Promise<WebSocketEnd>((resolve) => (close = resolve));
  const peer = new WebSocketPeer(
    tunnel,
    { role },
    { message: (data) => heard.push(data.toString('latin1')), closed: close },
  );
  return { peer, heard, closed };
}

/** A request for streams, as far as the choice of their protocol looks at it. */
export function streamRequest(upgrade: string, headers: readonly HeaderField[]): RequestHead {
  return {
    method: upgrade === 'websocket' ? 'GET' : 'POST',
    target: { path: '/', segments: [''], query: undefined },
    authority: 'cluster',
    headers:
      upgrade === 'websocket'
        ? [['sec-websocket-version', '13'], ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='], ...headers]
        : headers,
    version: '1.1',
    upgrade,
    bodyLength: 0,
  };
}

/** Until everything that was written has gone where it goes. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}
