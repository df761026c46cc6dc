import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/** Bytes: for single answers and idle connections, for most, for bulk. */
const plainSizes = [1 << 10, 16 << 10, 64 << 10] as const;
/** A record holds no more (RFC 8446 section 5.1), and each is read by itself. */
const secureSizes = [1 << 10, 16 << 10] as const;

/** Pieces of memory that one socket keeps: as many as one turn of the event loop may fill, and the one that is read into. */
const maxSlots = 9;
const nothing = Buffer.alloc(0);

/** Whether memory that was lent is still read by whoever has it, or has it from them. */
export type Holder = () => boolean;

/**
 * Takes a chunk that lies in memory which is used again: unless the holder that it answers with says that it is still needed,
 * the next read overwrites it. Without a holder nothing of the chunk is needed once this returns. Must not throw.
 */
export type ChunkReader = (chunk: Buffer) => Holder | undefined;

interface Slot {
  memory: Buffer;
  /** Of the chunk that lies there; undefined once nobody needs it. */
  holder: Holder | undefined;
}

const everyReads = new WeakMap<Socket, ReusedReads>();

/**
 * Makes a socket that reads into the same memory again and again, which is its own and never another socket's. Memory made
 * for each read costs a short exchange a tenth of its time, and grows with a long one until the collector looks for it. Until
 * `lendChunks` is called, and after `ownChunks`, the socket is a stream like any other.
 * @param connect makes the socket, with this among its options
 */
export function connectReusing<S extends Socket>(
  connect: (onread: OnReadOpts) => S,
  tls: 'tls' | 'plain' = 'plain',
): S {
  const reads = new ReusedReads(tls === 'tls' ? secureSizes : plainSizes);
  const socket: S = connect({ buffer: () => reads.next(), callback: (count) => reads.received(socket, count) });
  everyReads.set(socket, reads);
  return socket;
}

/**
 * The same for a plain socket that a server has just accepted, before anything else is done with it. A server's sockets cannot
 * be given memory to read into, so the connection moves into one that can. Where this runtime's sockets are made otherwise,
 * the result is the socket that was given.
 */
export function acceptReusing(accepted: Socket): Socket {
  const husk = accepted as unknown as AcceptedSocket;
  const { _handle: handle, _server: server } = husk;
  if (typeof handle?.readStop !== 'function' || typeof handle.useUserBuffer !== 'function') return accepted;
  handle.readStop();
  handle.reading = false;
  husk._handle = null;
  husk._server = null;
  const socket = connectReusing(
    (onread) => new Socket({ handle, onread, manualStart: true } as unknown as SocketConstructorOpts),
  );
  // The server counts the connections that it made.
  (socket as unknown as AcceptedSocket)._server = server;
  // As a server's sockets do: what arrives before anybody listens is kept.
  socket.read(0);
  return socket;
}

/** What the runtime keeps of a connection; not part of its documented interface. */
interface AcceptedSocket {
  _handle: { readStop?: () => void; useUserBuffer?: (memory: Uint8Array) => void; reading?: boolean } | null;
  _server: unknown;
}

/** Hands each chunk to `reader`, in reused memory where the socket was made for that. Starts the flow, as a listener does. */
export function lendChunks(socket: Socket, reader: ChunkReader): void {
  const reads = everyReads.get(socket);
  if (reads) reads.reader = reader;
  // What arrived before comes this way, and what comes by a socket that knows nothing of this.
  socket.on('data', reader);
}

/** Undoes `lendChunks`: what comes next belongs to whoever listens. */
export function ownChunks(socket: Socket, reader: ChunkReader): void {
  const reads = everyReads.get(socket);
  if (reads) reads.reader = undefined;
  socket.off('data', reader);
}

class ReusedReads {
  reader: ChunkReader | undefined;
  #slots: Slot[];
  /** Is read into. */
  #current: Slot;
  #size = 0;

  constructor(private readonly sizes: readonly number[]) {
    this.#current = { memory: nothing, holder: undefined };
    this.#slots = [this.#current];
  }

  /** Where the next read goes; asked for as soon as the last one has been received. */
  next(): Buffer {
    const size = this.sizes[this.#size]!;
    if (this.#current.holder?.()) this.#current = this.#freeSlot();
    const slot = this.#current;
    slot.holder = undefined;
    if (slot.memory.length !== size) slot.memory = Buffer.allocUnsafeSlow(size);
    return slot.memory;
  }

  /** @returns false where nobody wants more, as `push` does */
  received(socket: Socket, count: number): boolean {
    const { memory } = this.#current;
    const chunk = memory.subarray(0, count);
    // Before this chunk is handed on: its holder may be the one of earlier ones.
    for (const slot of this.#slots) if (slot.holder && !slot.holder()) slot.holder = undefined;
    this.#fit(count, memory.length);
    // What has not been delivered yet goes first.
    if (!this.reader || socket.readableLength > 0) return socket.push(Buffer.from(chunk));
    this.#current.holder = this.reader(chunk);
    return true;
  }

  /** Memory that fits what comes: as large as bulk needs, and less for what may idle for hours after it. */
  #fit(count: number, size: number): void {
    const largest = this.sizes.length - 1;
    if (count === size) this.#size = Math.min(this.#size + 1, largest);
    else if (largest > 1 && this.#size === largest && count <= this.sizes[1]!) {
      this.#size = 1;
      this.#slots = [this.#current];
    }
  }

  #freeSlot(): Slot {
    const slots = this.#slots;
    for (const slot of slots) if (!slot.holder) return slot;
    // Whoever holds the one that is forgotten here keeps it alive; it is never read into again.
    if (slots.length === maxSlots) slots.shift();
    const slot: Slot = { memory: nothing, holder: undefined };
    slots.push(slot);
    return slot;
  }
}
