import type { Socket } from 'node:net';
import { WireError } from '@sallyport/wire-kit';
import { algorithmOffer, signaturesOf } from './algorithms.js';
import { disconnectMessage, number, type DisconnectReason, disconnectReasons } from './message-numbers.js';
import { Identification } from './identification.js';
import type { LentReads } from './lent-reads.js';
import { PacketMemory, type Packet } from './packet-memory.js';
import {
  createPacketProtocol,
  cryptoReady,
  emptyPacket,
  parseLent,
  sendPayload,
  wholePackets,
  type NegotiatedAlgorithms,
  type PacketProtocol,
  type ParsedKey,
} from './ssh2-protocol.js';

/** Data waits in its channel while so much is on its way to the socket. Bytes. */
const sendAhead = 512 << 10;
/** A peer that makes us answer and does not read. Bytes. */
const maxUnread = 4 << 20;
/** Answers that wait for a key exchange to end. */
const maxQueued = 2000;
const rekeyAfterBytes = 1 << 30;
const rekeyAfterMs = 3_600_000;
const kexTimeoutMs = 30_000;
/** Each costs the gateway more than the peer. */
const maxExchangesPerMinute = 120;
const tickMs = 5000;
/** How long last words may take. Milliseconds. */
const lingerMs = 500;

export type TransportRole =
  | { readonly side: 'server'; readonly hostKeys: readonly ParsedKey[] }
  | {
      readonly side: 'client';
      readonly keyTypes: readonly string[];
      readonly verify: (blob: Buffer) => boolean;
      /** Where the socket puts what it reads, when that is not in buffers of its own. */
      readonly reads?: LentReads;
    };

export interface TransportEvents {
  /** The first key exchange is done: messages may flow. */
  secured(negotiated: NegotiatedAlgorithms): void;
  /**
   * One message of the layers above, never one of key exchange. A WireError it throws ends the connection.
   * @param lent its memory is used again after `settled`: what is kept beyond that must be copied
   */
  message(payload: Buffer, lent: boolean): void;
  /** All messages that came in one read have been told, or the connection ends before the next. Throws like `message`. */
  settled?(): void;
  /** `sendable` may have become true. */
  writable(): void;
  /** The last event, once. */
  closed(reason: string): void;
}

/** One SSH transport over a socket (RFC 4253): packets, keys and their renewal. It knows no users and no channels. */
export class SshTransport {
  readonly #protocol: PacketProtocol;
  readonly #identification: Identification;
  readonly #tick: NodeJS.Timeout;
  #identified = false;
  #secured = false;
  #closed = false;
  #queued = 0;
  #bytes = 0;
  #keyedAt = performance.now();
  #kexSince: number | undefined = performance.now();
  #exchanges: number[] = [];
  readonly #reads: LentReads | undefined;
  #memory: PacketMemory | undefined;
  /** Becomes free again once what is sealed next has left. */
  #sealing: Packet | undefined;
  #corked = false;

  constructor(
    private readonly socket: Socket,
    role: TransportRole,
    private readonly events: TransportEvents,
  ) {
    const server = role.side === 'server';
    this.#identification = new Identification(!server);
    this.#reads = server ? undefined : role.reads;
    this.#protocol = createPacketProtocol({
      server,
      ident: 'Sallyport',
      offer: algorithmOffer((server ? role.hostKeys.map(({ type }) => type) : role.keyTypes).flatMap(algorithmsOf)),
      ...(server ? { hostKeys: byAlgorithm(role.hostKeys) } : { hostVerifier: role.verify }),
      onWrite: (bytes) => this.#write(bytes),
      onError: (error) => this.close(error.message),
      onHandshakeComplete: (negotiated) => this.#keysChanged(negotiated),
      messageHandlers: {
        DISCONNECT: (_protocol, _reason, text) => this.close(`the peer ended it: ${text.slice(0, 200)}`),
      },
    });
    const inner = this.#protocol._onPayload;
    this.#protocol._onPayload = (payload) => this.#payload(payload, inner);
    this.#tick = setInterval(() => this.#check(), tickMs).unref();
    socket.on('error', () => this.close('the connection was lost'));
    socket.on('close', () => this.close('the peer left'));
    socket.on('end', () => this.close('the peer left'));
    socket.on('drain', () => this.#writable());
    void cryptoReady.then(
      () => this.#start(),
      () => this.close('no cryptography'),
    );
  }

  /** Names this connection in signatures (RFC 4252 §7). */
  get sessionId(): Buffer {
    return this.#protocol._kex.sessionID;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether data should be given now. Short messages may be sent at any time. */
  get sendable(): boolean {
    return this.#secured && !this.#closed && !this.#exchanging && this.socket.writableLength < sendAhead;
  }

  get #exchanging(): boolean {
    return this.#protocol._kexinit !== undefined;
  }

  send(payload: Buffer): void {
    this.sendData(payload, none);
  }

  /** One message whose last field is this data. Both are free again when it returns. */
  sendData(head: Buffer, data: Uint8Array): void {
    if (this.#closed) return;
    if (this.#exchanging && ++this.#queued > maxQueued) return this.close('too much waits for a key exchange');
    const length = head.length + data.length;
    this.#bytes += length;
    const packet = this.#exchanging ? undefined : this.#packet(length);
    this.#sealing = packet;
    sendPayload(this.#protocol, [head, data], packet?.bytes);
    this.#sealing = undefined;
    if (this.socket.writableLength > maxUnread) this.close('the peer does not read');
    else if (this.#bytes > rekeyAfterBytes) this.#rekey();
  }

  /** Says why and hangs up. */
  disconnect(reason: DisconnectReason, text: string): void {
    if (this.#closed) return;
    if (this.#secured && !this.#exchanging) this.send(disconnectMessage(reason, text));
    else if (this.#identified) this.#quietly(() => this.#protocol.disconnect(disconnectReasons[reason]));
    this.close(text);
  }

  /** Hangs up. Idempotent. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#quietly(() => this.events.settled?.());
    clearInterval(this.#tick);
    const { socket } = this;
    socket.end();
    setTimeout(() => socket.destroy(), lingerMs).unref();
    // The cipher may be in the middle of a packet that called us.
    setImmediate(() => this.#quietly(() => this.#protocol.cleanup()));
    this.events.closed(reason);
  }

  #start(): void {
    if (this.#closed) return;
    this.#protocol.start();
    if (this.#reads) this.#reads.listen((chunk) => this.#receive(chunk));
    else this.socket.on('data', (chunk: Buffer) => void this.#receive(chunk));
    this.socket.resume();
  }

  #packet(payloadBytes: number): Packet | undefined {
    const { _cipher: cipher } = this.#protocol;
    let memory = this.#memory;
    if (!memory || memory.cipher !== cipher) {
      this.#memory = memory = new PacketMemory(cipher, (size) => emptyPacket(this.#protocol, size));
    }
    return memory.take(payloadBytes);
  }

  /** All that one event makes us send leaves together. */
  #write(bytes: Buffer): void {
    const { socket } = this;
    const [packet, memory] = [this.#sealing, this.#memory];
    if (socket.destroyed) return;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    socket.write(bytes, packet && (() => memory?.give(packet)));
  }

  /** @returns how many bytes at the end of a lent chunk are to come again, with those that follow them */
  #receive(chunk: Buffer): number {
    if (this.#closed) return 0;
    try {
      if (this.#reads && this.#secured) return this.#receiveLent(chunk);
      // What a key exchange says is kept by it; it is too little to be worth more than a copy.
      const own = this.#reads ? Buffer.from(chunk) : chunk;
      const bytes = this.#identified ? own : this.#identification.push(own);
      if (!bytes) return 0;
      this.#identified = true;
      this.#protocol.parse(bytes, 0, bytes.length);
    } catch (error) {
      if (error instanceof WireError) this.disconnect('protocolError', error.message);
      else this.close(error instanceof Error ? error.message : 'a broken packet');
    }
    return 0;
  }

  #receiveLent(chunk: Buffer): number {
    const whole = wholePackets(this.#protocol, chunk);
    try {
      parseLent(this.#protocol, chunk.subarray(0, whole));
    } finally {
      this.events.settled?.();
    }
    return chunk.length - whole;
  }

  #payload(payload: Buffer, inner: (payload: Buffer) => unknown): unknown {
    if (this.#closed) return undefined;
    const type = payload[0];
    this.#bytes += payload.length;
    if (type === undefined || !isUpper(type)) {
      if (type === number.kexInit) this.#kexSince ??= performance.now();
      return inner(this.#reads ? Buffer.from(payload) : payload);
    }
    this.events.message(payload, this.#reads?.holds(payload) === true);
    // Whoever was told may have hung up: the rest of the chunk is not read any more.
    return this.#closed ? Infinity : undefined;
  }

  #keysChanged(negotiated: NegotiatedAlgorithms): void {
    const now = performance.now();
    this.#queued = 0;
    this.#bytes = 0;
    this.#keyedAt = now;
    this.#kexSince = undefined;
    this.#exchanges = [...this.#exchanges.filter((at) => now - at < 60_000), now];
    if (this.#exchanges.length > maxExchangesPerMinute) return this.close('too many key exchanges');
    if (this.#secured) return this.#writable();
    this.#secured = true;
    this.events.secured(negotiated);
  }

  #writable(): void {
    if (this.sendable) this.events.writable();
  }

  #rekey(): void {
    if (!this.#secured || this.#exchanging || this.#closed) return;
    this.#kexSince = performance.now();
    this.#protocol.rekey();
  }

  #check(): void {
    this.#memory?.age();
    const now = performance.now();
    if (this.#kexSince !== undefined && now - this.#kexSince > kexTimeoutMs)
      return this.close('no key exchange in time');
    if (now - this.#keyedAt > rekeyAfterMs) this.#rekey();
  }

  #quietly(act: () => void): void {
    try {
      act();
    } catch {
      // It is over; what the packet layer thinks of that changes nothing.
    }
  }
}

const none = new Uint8Array(0);

/** Messages that belong to the layers above: services, users, channels (RFC 4250 §4.1.2). */
function isUpper(type: number): boolean {
  return type === number.serviceRequest || type === number.serviceAccept || type >= 50;
}

function algorithmsOf(keyType: string): readonly string[] {
  return signaturesOf[keyType] ?? [];
}

function byAlgorithm(keys: readonly ParsedKey[]): Record<string, ParsedKey> {
  return Object.fromEntries(keys.flatMap((key) => algorithmsOf(key.type).map((algorithm) => [algorithm, key])));
}
