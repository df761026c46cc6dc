import type { RunningTunnel, TunnelSides } from '@sallyport/http-core';
import { WebSocketPeer, type WebSocketEnd, type WebSocketEvents } from '@sallyport/http-wire';
import { Batch, Valve, yieldToTape } from '../relay-flow.js';
import type { StreamTape } from '../stream-tape.js';
import { StreamFault, type Completion } from '../stream-use.js';
import type { ChannelCodec, ChannelMessage } from './channel-codec.js';

/** What may pass on the channels; each writes to the tape what it lets pass. All may throw, which ends both sides. */
export interface ChannelRules {
  /** Undefined: it goes no further. */
  fromClient(message: ChannelMessage): ChannelMessage | undefined;
  fromUpstream(message: ChannelMessage): readonly ChannelMessage[];
  /** What is held back still, when the upstream has ended. */
  rest(): readonly ChannelMessage[];
  /** Tells the client on a channel why it ends; empty where no channel can say it. */
  farewell(text: string): readonly ChannelMessage[];
  completion(): Completion;
}

/** Two WebSockets that speak in channels: each message is read, held against the rules, recorded and written anew. */
export class ChannelRelay implements RunningTunnel {
  readonly #sides: TunnelSides;
  readonly #codec: ChannelCodec;
  readonly #rules: ChannelRules;
  readonly #tape: StreamTape;
  readonly #client: WebSocketPeer;
  readonly #upstream: WebSocketPeer;
  readonly #valves: { client: Valve; upstream: Valve };
  readonly #toUpstream: Batch;
  readonly #toClient: Batch;
  readonly #open = new Set(['client', 'upstream']);
  #ending = false;

  constructor(sides: TunnelSides, codec: ChannelCodec, rules: ChannelRules, tape: StreamTape) {
    this.#sides = sides;
    this.#codec = codec;
    this.#rules = rules;
    this.#tape = tape;
    this.#client = new WebSocketPeer(sides.client, { role: 'server' }, this.#events('client'));
    this.#upstream = new WebSocketPeer(sides.upstream, { role: 'client' }, this.#events('upstream'));
    this.#valves = { client: new Valve(this.#client), upstream: new Valve(this.#upstream) };
    this.#toUpstream = new Batch(this.#upstream, tape, this.#valves.client);
    this.#toClient = new Batch(this.#client, tape, this.#valves.upstream);
  }

  terminate(reason: string): void {
    this.#abort(reason);
  }

  #events(side: 'client' | 'upstream'): WebSocketEvents {
    return {
      message: (data, text) => this.#guarded(() => this.#message(side, data, text)),
      settled: () => this.#guarded(() => this.#settle()),
      drain: () => this.#valves[side === 'client' ? 'upstream' : 'client'].open('sink'),
      closed: (end) => this.#closed(side, end),
    };
  }

  #message(side: 'client' | 'upstream', data: Buffer, text: boolean): void {
    const message = this.#codec.decode(data, text);
    if (message === 'nothing') return;
    if (!message) throw new StreamFault(side, 'a message is malformed', 1003);
    if (side === 'upstream') return this.#tell(this.#rules.fromUpstream(message));
    const passed = this.#rules.fromClient(message);
    if (passed) this.#toUpstream.write(() => this.#upstream.send(this.#codec.encode(passed), this.#codec.text));
  }

  #tell(messages: readonly ChannelMessage[]): void {
    for (const message of messages) {
      this.#toClient.write(() => this.#client.send(this.#codec.encode(message), this.#codec.text));
    }
  }

  #settle(): void {
    this.#toUpstream.settle();
    this.#toClient.settle();
    yieldToTape(this.#tape, [this.#valves.client, this.#valves.upstream]);
  }

  #closed(side: 'client' | 'upstream', end: WebSocketEnd): void {
    this.#open.delete(side);
    this.#guarded(() => {
      if (side === 'upstream') this.#tell(this.#rules.rest());
      this.#settle();
      if (side === 'client') this.#upstream.close(end.by === 'peer' ? codeOf(end) : 1001);
      else if (end.by === 'peer') this.#client.close(codeOf(end), end.reason);
      else
        this.#client.close(this.#rules.completion().outcome === 'unknown' ? 1011 : 1000, 'the target ended the stream');
    });
    this.#ended();
  }

  #guarded(step: () => void): void {
    if (this.#ending) return;
    try {
      step();
    } catch (error) {
      if (error instanceof StreamFault && error.side === 'client') this.#breach(error);
      else this.#abort(error instanceof StreamFault ? error.message : 'the stream could not be recorded or masked');
    }
  }

  #breach(fault: StreamFault): void {
    this.#ending = true;
    this.#tape.note('ended', { reason: fault.message });
    this.#cutUpstream();
    this.#client.close(fault.closeCode, fault.message);
    this.#ended();
  }

  /** Cuts off the target at once; the client learns why if that can still be recorded. */
  #abort(reason: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#cutUpstream();
    let told = false;
    try {
      this.#tape.note('ended', { reason });
      const farewell = this.#rules.farewell(reason);
      this.#tell(farewell);
      this.#toClient.settle();
      told = farewell.length > 0;
    } catch {
      // What could not be recorded is not sent: destroying the connection drops what it holds back.
      this.#client.destroy();
      this.#open.delete('client');
    }
    this.#client.close(told ? 1000 : 1008, told ? '' : reason);
    this.#ended();
  }

  #cutUpstream(): void {
    this.#open.delete('upstream');
    this.#upstream.destroy();
  }

  #ended(): void {
    if (this.#open.size > 0) return;
    this.#ending = true;
    const { text, outcome } = this.#rules.completion();
    this.#open.add('done');
    this.#sides.ended(text, outcome);
  }
}

function codeOf(end: WebSocketEnd): number {
  return end.code === 1005 ? 1000 : end.code;
}
