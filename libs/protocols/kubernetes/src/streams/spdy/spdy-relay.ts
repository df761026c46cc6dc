import type { RunningTunnel, TunnelSides } from '@sallyport/http-core';
import { Batch, Valve, yieldToTape } from '../relay-flow.js';
import type { StreamTape } from '../stream-tape.js';
import { StreamFault, type Completion } from '../stream-use.js';
import type { SpdySetting, SpdySink } from './frame-reader.js';
import type { SpdyHeaders } from './header-block.js';
import { SpdyFault } from './spdy-fault.js';
import { SpdySide } from './spdy-side.js';

/** What may pass. All may throw, which ends both sides. */
export interface SpdyRules {
  /** Streams at once. */
  readonly maxStreams: number;
  /** Looks at a stream that the client opens. */
  open(headers: SpdyHeaders): OpenedStream | RefusedStream;
  completion(): Completion;
}
export interface RefusedStream {
  readonly refused: string;
  /** The stream is one that can say why: it is opened, says so and ends. Otherwise it ends without a word, or is reset. */
  readonly how: 'explain' | 'end' | 'reset';
}
/** One stream; each writes to the tape what it lets pass. */
export interface OpenedStream {
  /** Those of the client's headers that matter, written anew. */
  readonly headers: SpdyHeaders;
  fromClient(bytes: Buffer): Buffer;
  fromUpstream(bytes: Buffer): Buffer;
  /** The upstream sends no more on it: what is held back still. */
  rest(): Buffer;
  /** Tells the client on this stream why it ends; undefined: this stream cannot. */
  farewell(text: string): Buffer | undefined;
  /** Both ends are done with it. */
  closed(): void;
}

interface Relayed {
  readonly stream: OpenedStream;
  replied: boolean;
  clientDone: boolean;
  upstreamDone: boolean;
}

const resetCodes = { refused: 3, cancel: 5 } as const;
const endWithinMs = 2_000;
/** Settings that concern the other end: how many streams it may open, how much data may be under way. */
const relayedSettings: ReadonlySet<number> = new Set([4, 7]);

/**
 * Two SPDY/3.1 connections. Each frame is read, held against the rules, recorded and written anew, under the client's stream
 * ids. Windows are the business of the two ends: their updates are passed on; this end itself holds nothing back but by
 * reading no more from a side whose other side does not take it.
 */
export class SpdyRelay implements RunningTunnel {
  readonly #sides: TunnelSides;
  readonly #rules: SpdyRules;
  readonly #tape: StreamTape;
  readonly #client: SpdySide;
  readonly #upstream: SpdySide;
  readonly #valves: { readonly client: Valve; readonly upstream: Valve };
  readonly #toUpstream: Batch;
  readonly #toClient: Batch;
  readonly #streams = new Map<number, Relayed>();
  #lastId = 0;
  #goingAway = false;
  #ending = false;
  #reported = false;

  constructor(sides: TunnelSides, rules: SpdyRules, tape: StreamTape) {
    this.#sides = sides;
    this.#rules = rules;
    this.#tape = tape;
    this.#client = new SpdySide(sides.client, 0, this.#clientSink(), this.#events('client'));
    this.#upstream = new SpdySide(sides.upstream, 1, this.#upstreamSink(), this.#events('upstream'));
    this.#valves = { client: new Valve(this.#client), upstream: new Valve(this.#upstream) };
    this.#toUpstream = new Batch(this.#upstream, tape, this.#valves.client);
    this.#toClient = new Batch(this.#client, tape, this.#valves.upstream);
  }

  terminate(reason: string): void {
    this.#abort(reason);
  }

  #events(side: 'client' | 'upstream'): ConstructorParameters<typeof SpdySide>[3] {
    return {
      settled: () => this.#guarded(() => this.#settle()),
      drain: () => this.#valves[side === 'client' ? 'upstream' : 'client'].open('sink'),
      failed: (error) => this.#failed(error),
      ended: () => this.#sideEnded(side),
    };
  }

  #clientSink(): Omit<SpdySink, 'ping'> {
    return {
      synStream: (id, fin, headers) => this.#open(id, fin, headers),
      synReply: () => {
        throw new SpdyFault('the client answers a stream that nobody opened');
      },
      rstStream: (id, status) => this.#reset('client', id, status),
      settings: (entries) => this.#settings('client', entries),
      goAway: (last, status) => {
        this.#goingAway = true;
        this.#toUpstream.write(() => this.#upstream.write(this.#upstream.frames.goAway(last, status)));
      },
      windowUpdate: (id, delta) => this.#windowUpdate('client', id, delta),
      data: (id, bytes, fin) => this.#clientData(id, bytes, fin),
    };
  }

  #upstreamSink(): Omit<SpdySink, 'ping'> {
    return {
      synStream: () => {
        throw new SpdyFault('the target opens a stream of its own');
      },
      synReply: (id, fin) => this.#replied(id, fin),
      rstStream: (id, status) => this.#reset('upstream', id, status),
      settings: (entries) => this.#settings('upstream', entries),
      goAway: (last, status) => {
        this.#goingAway = true;
        this.#toClient.write(() => this.#client.write(this.#client.frames.goAway(last, status)));
      },
      windowUpdate: (id, delta) => this.#windowUpdate('upstream', id, delta),
      data: (id, bytes, fin) => this.#upstreamData(id, bytes, fin),
    };
  }

  #open(id: number, fin: boolean, headers: SpdyHeaders): void {
    if (id % 2 === 0 || id <= this.#lastId) throw new SpdyFault('a stream has an id that cannot be its own');
    this.#lastId = id;
    if (this.#goingAway || this.#streams.size >= this.#rules.maxStreams) {
      return this.#tell(this.#client.frames.rstStream(id, resetCodes.refused));
    }
    const stream = this.#rules.open(headers);
    if ('refused' in stream) return this.#refuse(id, stream);
    this.#streams.set(id, { stream, replied: false, clientDone: fin, upstreamDone: false });
    this.#forward(this.#upstream.frames.synStream(id, fin, stream.headers));
  }

  #refuse(id: number, { refused, how }: RefusedStream): void {
    this.#tape.note('refused', { stream: id, reason: refused });
    const { frames } = this.#client;
    if (how === 'reset') return this.#tell(frames.rstStream(id, resetCodes.refused));
    const text = Buffer.from(how === 'explain' ? refused : '');
    this.#tape.response('error', text);
    this.#tell(Buffer.concat([frames.synReply(id, false), frames.data(id, text, true)]));
  }

  #replied(id: number, fin: boolean): void {
    const relayed = this.#known(id);
    if (!relayed) return;
    if (relayed.replied) throw new SpdyFault('the target answers a stream twice');
    relayed.replied = true;
    this.#tell(this.#client.frames.synReply(id, false));
    if (fin) this.#upstreamFinished(id, relayed);
  }

  #clientData(id: number, bytes: Buffer, fin: boolean): void {
    const relayed = this.#known(id);
    if (!relayed || relayed.clientDone) return;
    const passed = bytes.length > 0 ? relayed.stream.fromClient(bytes) : bytes;
    if (passed.length > 0 || fin) this.#forward(this.#upstream.frames.data(id, passed, fin));
    relayed.clientDone = fin;
    this.#forgetIfDone(id, relayed);
  }

  #upstreamData(id: number, bytes: Buffer, fin: boolean): void {
    const relayed = this.#known(id);
    if (!relayed || relayed.upstreamDone) return;
    if (!relayed.replied) throw new SpdyFault('the target sends on a stream that it has not answered');
    const passed = bytes.length > 0 ? relayed.stream.fromUpstream(bytes) : bytes;
    if (passed.length > 0) this.#tell(this.#client.frames.data(id, passed, false));
    if (fin) this.#upstreamFinished(id, relayed);
  }

  #upstreamFinished(id: number, relayed: Relayed): void {
    this.#tell(this.#client.frames.data(id, relayed.stream.rest(), true));
    relayed.upstreamDone = true;
    this.#forgetIfDone(id, relayed);
  }

  #reset(side: 'client' | 'upstream', id: number, status: number): void {
    const relayed = this.#known(id);
    if (!relayed) return;
    this.#forget(id, relayed);
    if (side === 'client') return this.#forward(this.#upstream.frames.rstStream(id, status));
    const rest = relayed.upstreamDone ? Buffer.alloc(0) : relayed.stream.rest();
    if (rest.length > 0) this.#tell(this.#client.frames.data(id, rest, false));
    this.#tell(this.#client.frames.rstStream(id, status));
  }

  #settings(side: 'client' | 'upstream', entries: readonly SpdySetting[]): void {
    const passed = entries.filter(({ id }) => relayedSettings.has(id));
    if (passed.length === 0) return;
    if (side === 'client') this.#forward(this.#upstream.frames.settings(passed));
    else this.#tell(this.#client.frames.settings(passed));
  }

  #windowUpdate(side: 'client' | 'upstream', id: number, delta: number): void {
    if (delta === 0) throw new SpdyFault('a window grows by nothing');
    if (id !== 0 && !this.#known(id)) return;
    if (side === 'client') this.#forward(this.#upstream.frames.windowUpdate(id, delta));
    else this.#tell(this.#client.frames.windowUpdate(id, delta));
  }

  /** Undefined for a stream that was: frames about it may still be on their way. */
  #known(id: number): Relayed | undefined {
    if (id > this.#lastId || id % 2 === 0) throw new SpdyFault('a frame is about a stream that nobody opened');
    return this.#streams.get(id);
  }

  #forgetIfDone(id: number, relayed: Relayed): void {
    if (relayed.clientDone && relayed.upstreamDone) this.#forget(id, relayed);
  }

  #forget(id: number, relayed: Relayed): void {
    this.#streams.delete(id);
    relayed.stream.closed();
  }

  #forward(frame: Buffer): void {
    this.#toUpstream.write(() => this.#upstream.write(frame));
  }
  #tell(frame: Buffer): void {
    this.#toClient.write(() => this.#client.write(frame));
  }

  #settle(): void {
    this.#toUpstream.settle();
    this.#toClient.settle();
    yieldToTape(this.#tape, [this.#valves.client, this.#valves.upstream]);
  }

  #guarded(step: () => void): void {
    if (this.#ending) return;
    try {
      step();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const known = error instanceof SpdyFault || error instanceof StreamFault;
    this.#abort(known ? error.message : 'the streams could not be recorded or masked');
  }

  #sideEnded(side: 'client' | 'upstream'): void {
    this.#guarded(() => {
      if (side === 'upstream') this.#finishStreams();
      this.#settle();
      if (side === 'client') this.#upstream.end(endWithinMs);
      else this.#client.end(endWithinMs);
    });
    if (side === 'client') this.#client.end(endWithinMs);
    else this.#upstream.end(endWithinMs);
    this.#report();
  }

  #finishStreams(): void {
    for (const [id, relayed] of this.#streams) {
      const rest = relayed.upstreamDone ? Buffer.alloc(0) : relayed.stream.rest();
      if (rest.length > 0) this.#tell(this.#client.frames.data(id, rest, false));
      this.#forget(id, relayed);
    }
  }

  /** Cuts off the target at once; the client learns why if that can still be recorded. */
  #abort(reason: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#upstream.destroy();
    try {
      this.#tape.note('ended', { reason });
      this.#bidFarewell(reason);
      this.#toClient.settle();
      this.#client.end(endWithinMs);
    } catch {
      // What could not be recorded is not sent: destroying the connection drops what it holds back.
      this.#client.destroy();
    }
    this.#report();
  }

  #bidFarewell(reason: string): void {
    const { frames } = this.#client;
    for (const [id, relayed] of this.#streams) {
      const words = relayed.upstreamDone ? undefined : relayed.stream.farewell(reason);
      if (words && !relayed.replied) this.#tell(frames.synReply(id, false));
      this.#tell(words ? frames.data(id, words, true) : frames.rstStream(id, resetCodes.cancel));
      this.#forget(id, relayed);
    }
    this.#tell(frames.goAway(this.#lastId, 0));
  }

  #report(): void {
    if (this.#reported || this.#client.open || this.#upstream.open) return;
    this.#reported = true;
    for (const [id, relayed] of this.#streams) this.#forget(id, relayed);
    const { text, outcome } = this.#rules.completion();
    this.#sides.ended(text, outcome);
  }
}
