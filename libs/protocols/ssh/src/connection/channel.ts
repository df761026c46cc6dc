import { WireError } from '@sallyport/wire-kit';
import { channelDataHead, channelEnd, channelRequest, requestReply, stderrCode, windowAdjust } from './messages.js';
import { pieceBytes, WaitingMemory } from './waiting-memory.js';

/** How much a peer may send ahead on one channel, and so how much of it is ever kept. Bytes. */
export const windowSize = 1 << 20;
/** Largest piece of data in one message, both ways. Bytes. */
export const maxPacketSize = 32 << 10;
/** RFC 4254 §5.2: a window never grows beyond this. */
const maxWindow = 2 ** 32 - 1;

/** What happens on a channel. `data` must be paid back with `consumed` once it has gone on. */
export interface ChannelEvents {
  /** `data` keeps nothing of its bytes: they may be in memory that is used again. Without it they may be kept. */
  readonly borrows?: boolean;
  data(bytes: Buffer, stderr: boolean): void;
  eof(): void;
  /** @returns whether it is granted; the peer is told when it asked */
  request(name: string, data: Buffer): boolean;
  /** Asked when the peer closes behind our EOF: whether something is still to be said, such as an exit status. */
  concludes?(): boolean;
  /** Once: nothing comes any more and nothing can be sent. */
  closed(): void;
}

export interface ChannelLink {
  send(payload: Buffer): void;
  /** A message whose last field is this data. Both are free again when it returns. */
  sendData(head: Buffer, data: Uint8Array): void;
  readonly sendable: boolean;
  /** Both sides have closed it. */
  forget(channel: Channel): void;
}

/** Data of the peer. */
export interface Received {
  readonly bytes: Buffer;
  /** The kind of extended data; without it, it is not. */
  readonly code?: number;
  /** Its memory is used again. */
  readonly lent?: boolean;
}

interface Queued {
  readonly bytes?: Buffer;
  readonly stderr?: boolean;
  /** A message that keeps its place behind the data. */
  readonly message?: Buffer;
  readonly sent?: () => void;
}

/** First in, first out. An array that shifts a million small pieces takes minutes, and nothing else moves meanwhile. */
class SendQueue {
  #items: Queued[] = [];
  #head = 0;

  get first(): Queued | undefined {
    return this.#items[this.#head];
  }

  push(item: Queued): void {
    this.#items.push(item);
  }

  shift(): void {
    this.#head += 1;
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  /** Puts this in the place of the first. */
  replace(item: Queued): void {
    this.#items[this.#head] = item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}

const waiting = new WaitingMemory();

/** One side of an open channel: its windows (RFC 4254 §5.2) and what waits for them. */
export class Channel {
  events: ChannelEvents = ignored;
  readonly #queue = new SendQueue();
  readonly #replies: ((success: boolean) => void)[] = [];
  #sendWindow: number;
  #receiveWindow = windowSize;
  #unreturned = 0;
  #sentEof = false;
  #sentClose = false;
  #receivedEof = false;
  #receivedClose = false;
  #closed = false;

  constructor(
    readonly id: number,
    private readonly link: ChannelLink,
    private readonly peer: { readonly id: number; readonly window: number; readonly maxPacket: number },
  ) {
    this.#sendWindow = peer.window;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends in order as the peer's window allows. `sent` is called when it has left; never when the channel closes first.
   * The bytes are the caller's again when this returns: what has to wait is copied.
   */
  write(bytes: Buffer, stderr = false, sent?: () => void): void {
    if (this.#sentClose || this.#sentEof || bytes.length === 0) return sent?.();
    const rest = this.#queue.first ? bytes : this.#sendSome(bytes, stderr);
    // Sending can have ended the connection.
    if (this.#sentClose) return;
    if (rest.length === 0) return sent?.();
    for (let at = 0; at < rest.length; at += pieceBytes) {
      const piece = waiting.copy(rest.subarray(at, at + pieceBytes));
      this.#queue.push({ bytes: piece, stderr, sent: at + pieceBytes < rest.length ? undefined : sent });
    }
    this.flush();
  }

  /** Data of the peer has gone on: it may send as much again. */
  consumed(bytes: number): void {
    if (this.#closed || this.#sentClose) return;
    this.#unreturned += bytes;
    if (this.#unreturned < windowSize / 4) return;
    this.link.send(windowAdjust(this.peer.id, this.#unreturned));
    this.#receiveWindow += this.#unreturned;
    this.#unreturned = 0;
  }

  /** @param answered called with the peer's answer; without it none is asked for */
  request(name: string, data: Uint8Array, answered?: (success: boolean) => void): void {
    if (this.#sentClose || this.#closed) return answered?.(false);
    if (answered) this.#replies.push(answered);
    this.link.send(channelRequest(this.peer.id, name, answered !== undefined, data));
  }

  /** A request that keeps its place behind the data sent before, such as an exit status. */
  requestAfterData(name: string, data: Uint8Array): void {
    this.#enqueue(channelRequest(this.peer.id, name, false, data));
  }

  /** Calls back once all that was written before has left; never when the channel closes first. */
  afterData(sent: () => void): void {
    if (this.#sentClose || this.#closed) return;
    this.#queue.push({ sent });
    this.flush();
  }

  eof(): void {
    if (this.#sentEof) return;
    this.#enqueue(channelEnd('eof', this.peer.id), () => (this.#sentEof = true));
  }

  /** Closes after what was written before. */
  close(): void {
    this.#enqueue(channelEnd('close', this.peer.id), () => this.#closing());
  }

  /** Closes at once; what still waits is dropped. */
  abort(): void {
    if (this.#sentClose) return;
    this.#queue.clear();
    this.link.send(channelEnd('close', this.peer.id));
    this.#closing();
  }

  /** Sends what can be sent now. */
  flush(): void {
    for (let next = this.#queue.first; next && !this.#sentClose && this.link.sendable; next = this.#queue.first) {
      if (next.bytes && !this.#sendPart(next as Queued & { bytes: Buffer })) return;
      if (!next.bytes) {
        if (next.message) this.link.send(next.message);
        this.#queue.shift();
      }
      next.sent?.();
    }
  }

  /** One message's data: throws a WireError when the peer may not send it. */
  admit({ bytes }: Received): void {
    this.#checkOpen();
    if (bytes.length > this.#receiveWindow) throw new WireError('more data than the window allows');
    if (bytes.length > maxPacketSize) throw new WireError('more data than a packet may hold');
    this.#receiveWindow -= bytes.length;
  }

  /** Data of one or more messages, all of it admitted. */
  deliver({ bytes, code, lent }: Received): void {
    // After our own CLOSE the peer's data is still on its way to nobody.
    if (this.#sentClose || (code !== undefined && code !== stderrCode)) return this.consumed(bytes.length);
    this.events.data(lent && !this.events.borrows ? Buffer.from(bytes) : bytes, code === stderrCode);
  }

  receiveWindow(bytes: number): void {
    this.#sendWindow += bytes;
    if (this.#sendWindow > maxWindow) throw new WireError('a window beyond its bound');
    this.flush();
  }

  receiveEof(): void {
    this.#checkOpen();
    this.#receivedEof = true;
    if (!this.#sentClose) this.events.eof();
  }

  receiveRequest(name: string, wantReply: boolean, data: Buffer): void {
    this.#checkOpen();
    const granted = !this.#sentClose && this.events.request(name, data);
    if (wantReply && !this.#sentClose) this.link.send(requestReply(this.peer.id, granted));
  }

  receiveReply(success: boolean): void {
    const answered = this.#replies.shift();
    if (!answered) throw new WireError('an answer that nobody asked for');
    answered(success);
  }

  receiveClose(): void {
    this.#checkOpen();
    this.#receivedClose = true;
    // RFC 4254 §5.3 says that CLOSE is answered, not when. OpenSSH closes as soon as it has our EOF and has sent its own,
    // though the exit status of what it ran is only then on its way.
    if (!this.#sentClose && this.#sentEof && this.events.concludes?.()) {
      if (!this.#receivedEof) this.events.eof();
      return;
    }
    if (!this.#sentClose) {
      this.link.send(channelEnd('close', this.peer.id));
      this.#sentClose = true;
    }
    this.end();
  }

  /** The connection is gone, or both sides have closed it. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sentClose = true;
    this.#queue.clear();
    this.link.forget(this);
    for (const answered of this.#replies.splice(0)) answered(false);
    this.events.closed();
  }

  #enqueue(message: Buffer, sent?: () => void): void {
    if (this.#sentClose || this.#closed) return;
    this.#queue.push({ message, sent });
    this.flush();
  }

  #closing(): void {
    this.#sentClose = true;
    this.#queue.clear();
    if (this.#receivedClose) this.end();
  }

  #checkOpen(): void {
    if (this.#receivedClose) throw new WireError('a message on a channel after its end');
  }

  /** @returns whether all of it has left */
  #sendPart(next: Queued & { readonly bytes: Buffer }): boolean {
    const rest = this.#sendSome(next.bytes, next.stderr === true);
    // Sending can have ended the connection, and with it this queue.
    if (this.#queue.first !== next) return false;
    if (rest.length === 0) {
      this.#queue.shift();
      waiting.release(next.bytes);
    } else if (rest.length < next.bytes.length) this.#queue.replace({ ...next, bytes: rest });
    return rest.length === 0;
  }

  /** @returns what could not be sent */
  #sendSome(bytes: Buffer, stderr: boolean): Buffer {
    let rest = bytes;
    while (rest.length > 0 && this.#sendWindow > 0 && this.link.sendable) {
      const size = Math.min(rest.length, this.#sendWindow, this.peer.maxPacket, maxPacketSize);
      this.#sendWindow -= size;
      this.link.sendData(channelDataHead(this.peer.id, size, stderr), rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    return rest;
  }
}

const ignored: ChannelEvents = {
  data: () => undefined,
  eof: () => undefined,
  request: () => false,
  closed: () => undefined,
};
