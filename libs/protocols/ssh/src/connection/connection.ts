import { WireError } from '@sallyport/wire-kit';
import { number } from '../transport/message-numbers.js';
import type { SshTransport } from '../transport/transport.js';
import { Channel, maxPacketSize, windowSize, type ChannelLink, type Received } from './channel.js';
import { GatheredData } from './gathered-data.js';
import {
  channelOpen,
  channelOpened,
  channelOpenFailed,
  globalReply,
  globalRequest,
  readMessage,
  type ConnectionMessage,
  type OpenFailure,
} from './messages.js';

/** At once, whichever side opened them. */
const maxChannels = 64;
/** Below this a channel would cost more in headers than it carries, and 0 would never end. Bytes. */
const minPacket = 256;
/** Global requests that wait for their answer: answers keep the order of their questions (RFC 4254 §4). */
const maxUnanswered = 64;

export interface PeerOpen {
  readonly type: string;
  readonly data: Buffer;
  accept(): Channel;
  refuse(reason: OpenFailure, text: string): void;
}

export interface ConnectionEvents {
  /** The peer asks for a channel. Either answer must be given, once; later is fine. */
  open(request: PeerOpen): void;
  /** @returns what is answered: bytes for success, false for failure */
  global(name: string, data: Buffer): Uint8Array | false | Promise<Uint8Array | false>;
}

/** The connection protocol (RFC 4254) on one transport, either side. */
export class SshConnection implements ChannelLink {
  readonly #channels = new Map<number, Channel>();
  readonly #opening = new Map<number, (channel: Channel | OpenRefused) => void>();
  readonly #globals: ((answer: Buffer | undefined) => void)[] = [];
  /** Ids kept for channels that the peer asked for and nobody answered yet. */
  readonly #reserved = new Set<number>();
  readonly #gathered = new GatheredData();
  #pending = 0;
  #nextId = 0;
  #answers: Promise<void> = Promise.resolve();

  constructor(
    private readonly transport: SshTransport,
    public events: ConnectionEvents,
  ) {}

  get sendable(): boolean {
    return this.transport.sendable;
  }

  send(payload: Buffer): void {
    this.transport.send(payload);
  }

  sendData(head: Buffer, data: Uint8Array): void {
    this.transport.sendData(head, data);
  }

  forget(channel: Channel): void {
    this.#channels.delete(channel.id);
  }

  /** Opens a channel at the peer. Resolves with it or with the peer's refusal; never rejects. */
  open(type: string, data: Uint8Array): Promise<Channel | OpenRefused> {
    const id = this.#freeId();
    if (id === undefined || this.transport.closed) return Promise.resolve({ refused: 'too many channels' });
    return new Promise((resolve) => {
      this.#opening.set(id, resolve);
      this.send(channelOpen(type, { sender: id, window: windowSize, maxPacket: maxPacketSize }, data));
    });
  }

  /** Asks the peer something. Resolves with its answer's bytes, or undefined for a failure. */
  ask(name: string, data: Uint8Array): Promise<Buffer | undefined> {
    if (this.transport.closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#globals.push(resolve);
      this.send(globalRequest(name, true, data));
    });
  }

  /**
   * One message of the peer. Throws a WireError when the peer breaks the protocol.
   * @param lent the payload is overwritten after the next `settle`; until then it is nobody else's
   */
  receive(payload: Buffer, lent = false): void {
    const isData = payload[0] === number.channelData || payload[0] === number.channelExtendedData;
    if (!isData) this.settle();
    const message = readMessage(lent && !isData ? Buffer.from(payload) : payload);
    if (!message) throw new WireError(`message ${payload[0]} is out of place`);
    switch (message.kind) {
      case 'global':
        return this.#global(message);
      case 'globalReply': {
        const answered = this.#globals.shift();
        if (!answered) throw new WireError('an answer that nobody asked for');
        return answered(message.success ? message.data : undefined);
      }
      case 'open':
        return this.#open(message);
      case 'opened':
        return this.#opened(message);
      case 'openFailed': {
        const answered = this.#opening.get(message.channel);
        if (!answered) throw new WireError('an answer that nobody asked for');
        this.#opening.delete(message.channel);
        return answered({ refused: message.text });
      }
      default:
        return this.#onChannel(message, lent);
    }
  }

  /** Lent messages are overwritten from here on: what they brought goes where it belongs. May throw what `receive` does. */
  settle(): void {
    this.#gathered.deliver();
  }

  /** Data may flow again. */
  flush(): void {
    for (const channel of [...this.#channels.values()]) channel.flush();
  }

  /** The transport is gone. */
  end(): void {
    for (const answered of this.#globals.splice(0)) answered(undefined);
    for (const answered of this.#opening.values()) answered({ refused: 'the connection ended' });
    this.#opening.clear();
    for (const channel of [...this.#channels.values()]) channel.end();
  }

  #onChannel(message: Extract<ConnectionMessage, { channel: number }>, lent: boolean): void {
    const channel = this.#channels.get(message.channel);
    if (!channel) throw new WireError('a channel that is not open');
    switch (message.kind) {
      case 'window':
        return channel.receiveWindow(message.bytes);
      case 'data':
        return this.#data(channel, { bytes: message.data, lent });
      case 'extended':
        return this.#data(channel, { bytes: message.data, code: message.code, lent });
      case 'eof':
        return channel.receiveEof();
      case 'close':
        return channel.receiveClose();
      case 'request':
        return channel.receiveRequest(message.name, message.wantReply, message.data);
      case 'requestReply':
        return channel.receiveReply(message.success);
    }
  }

  #data(channel: Channel, data: Received): void {
    channel.admit(data);
    this.#gathered.add(channel, data);
  }

  #open(message: Extract<ConnectionMessage, { kind: 'open' }>): void {
    const { sender, window, maxPacket } = message;
    const fail = (reason: OpenFailure, text: string): void => this.send(channelOpenFailed(sender, reason, text));
    const id = this.#freeId();
    if (id === undefined || maxPacket < minPacket) return fail('shortage', 'too many channels, or too small packets');
    this.#reserved.add(id);
    const once = (): boolean => this.#reserved.delete(id);
    this.events.open({
      type: message.type,
      data: message.data,
      accept: () => {
        if (!once()) throw new Error('a channel is answered once');
        const channel = new Channel(id, this, { id: sender, window, maxPacket });
        this.#channels.set(channel.id, channel);
        this.send(channelOpened(sender, { sender: channel.id, window: windowSize, maxPacket: maxPacketSize }));
        return channel;
      },
      refuse: (reason, text) => void (once() && fail(reason, text)),
    });
  }

  #opened(message: Extract<ConnectionMessage, { kind: 'opened' }>): void {
    const answered = this.#opening.get(message.channel);
    if (!answered || message.maxPacket < minPacket) throw new WireError('an answer that nobody asked for');
    this.#opening.delete(message.channel);
    const { sender, window, maxPacket } = message;
    const channel = new Channel(message.channel, this, { id: sender, window, maxPacket });
    this.#channels.set(channel.id, channel);
    answered(channel);
  }

  #global({ name, wantReply, data }: Extract<ConnectionMessage, { kind: 'global' }>): void {
    // Also what wants no answer costs something while it is under way.
    if (this.#pending >= maxUnanswered) throw new WireError('too many requests at once');
    const answer = this.events.global(name, data);
    const say = (value: Uint8Array | false): void =>
      wantReply ? this.send(globalReply(value !== false, value || undefined)) : undefined;
    if (!(answer instanceof Promise) && this.#pending === 0) return say(answer);
    this.#pending += 1;
    // It may fail long before its turn to be answered comes, or without anybody who wants to hear of it.
    const given = Promise.resolve(answer).catch(() => false as const);
    this.#answers = this.#answers
      .then(() => given)
      .then(say)
      .finally(() => (this.#pending -= 1));
  }

  #freeId(): number | undefined {
    if (this.#channels.size + this.#opening.size + this.#reserved.size >= maxChannels) return undefined;
    do this.#nextId = (this.#nextId + 1) >>> 0;
    while (this.#channels.has(this.#nextId) || this.#opening.has(this.#nextId) || this.#reserved.has(this.#nextId));
    return this.#nextId;
  }
}

export interface OpenRefused {
  readonly refused: string;
}

export function isRefused(opened: Channel | OpenRefused): opened is OpenRefused {
  return 'refused' in opened;
}
