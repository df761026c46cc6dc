import type { RunningTunnel, TunnelHandler, TunnelSides } from '@sallyport/http-core';
import {
  offerWebSocket,
  readWebSocketRequest,
  type RequestHead,
  settleWebSocket,
  webSocketAnswer,
  type WebSocketEnd,
  WebSocketPeer,
  WireFault,
} from '@sallyport/http-wire';
import { bearerProtocol } from '../credential.js';

/**
 * A websocket between client and target: two handshakes of its own, and whole messages that are recorded before they go
 * on. What no one here understood as a message never reaches the other side.
 *
 * @throws WireFault 400 where the client's handshake is malformed
 */
export function webSocketTunnel(head: RequestHead): TunnelHandler {
  const request = readWebSocketRequest(head);
  const offer = offerWebSocket(request.protocols.filter((name) => !name.startsWith(bearerProtocol)));
  return {
    requestHeaders: offer.headers,
    accept: (answer) => {
      try {
        return webSocketAnswer(request, settleWebSocket(offer, answer));
      } catch (error) {
        if (error instanceof WireFault) return undefined;
        throw error;
      }
    },
    relay: (sides) => new WebSocketRelay(sides),
  };
}

type Side = 'client' | 'upstream';

class WebSocketRelay implements RunningTunnel {
  private readonly peers: Readonly<Record<Side, WebSocketPeer>>;
  private readonly open = new Set<Side>(['client', 'upstream']);
  /** Where messages wait for their record. */
  private readonly corked = new Set<Side>();
  private messages = 0;
  private first: WebSocketEnd | undefined;
  private broken = false;

  constructor(private readonly sides: TunnelSides) {
    this.peers = { client: this.peer('client', 'upstream'), upstream: this.peer('upstream', 'client') };
  }

  terminate(reason: string): void {
    this.peers.client.close(1008, reason);
    this.peers.upstream.close(1001);
  }

  private peer(from: Side, to: Side): WebSocketPeer {
    const role = from === 'client' ? 'server' : 'client';
    return new WebSocketPeer(
      this.sides[from],
      { role },
      {
        message: (data, text) => this.guarded(() => this.carry(from, to, data, text)),
        settled: () => this.guarded(() => this.release(from, to)),
        drain: () => {
          if (!this.sides.tape.congested) this.peers[to].resume();
        },
        closed: (end) => this.closed(from, to, end),
      },
    );
  }

  /** Held in the socket until it is on record. */
  private carry(from: Side, to: Side, message: Buffer, text: boolean): void {
    const { tape } = this.sides;
    const data = from === 'upstream' ? this.sides.hide(message) : message;
    this.messages += 1;
    tape.note('message', { from, text, bytes: data.length });
    if (from === 'client') tape.request(data);
    else tape.response(data);
    if (!this.corked.has(to)) this.peers[to].cork();
    this.corked.add(to);
    if (!this.peers[to].send(data, text)) this.peers[from].pause();
  }

  private release(from: Side, to: Side): void {
    const { tape } = this.sides;
    if (!this.corked.delete(to)) return;
    tape.flush();
    this.peers[to].uncork();
    if (!tape.congested) return;
    this.peers[from].pause();
    tape.onDrain(() => this.peers[from].resume());
  }

  private guarded(step: () => void): void {
    if (this.broken) return;
    try {
      step();
    } catch {
      this.broken = true;
      // What is still held must not go out unrecorded.
      this.peers.client.destroy();
      this.peers.upstream.destroy();
      this.sides.ended('broken off: the recording failed', 'unknown');
    }
  }

  private closed(side: Side, other: Side, end: WebSocketEnd): void {
    this.first ??= end;
    this.open.delete(side);
    // A breach of the protocol ends a chunk early: what came before it still goes on.
    this.guarded(() => this.release(side, other));
    this.peers[other].close(end.by === 'peer' ? end.code : 1001);
    if (this.open.size > 0 || this.broken) return;
    const { code, by } = this.first;
    this.sides.ended(`closed ${code}, ${this.messages} messages`, by === 'peer' ? 'completed' : 'unknown');
  }
}
