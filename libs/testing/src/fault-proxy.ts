import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client';
const directions = ['to-server', 'to-client'] as const;

export interface FaultProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** A TCP proxy that misbehaves on request, and remembers every byte that passed. */
export class FaultProxy {
  readonly host = '127.0.0.1';
  readonly #links = new Set<Link>();
  readonly #taps: Record<Direction, Buffer[]> = { 'to-server': [], 'to-client': [] };
  readonly #faults: Record<Direction, Faults> = { 'to-server': { ...healthy }, 'to-client': { ...healthy } };
  #refusing = false;

  private constructor(
    private readonly server: Server,
    private readonly target: FaultProxyTarget,
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  static start(target: FaultProxyTarget): Promise<FaultProxy> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true });
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(new FaultProxy(server, target)));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Every byte that was passed on in one direction, over all connections, in order. */
  seen(direction: Direction): Buffer {
    return Buffer.concat(this.#taps[direction]);
  }

  forget(): void {
    for (const direction of directions) this.#taps[direction] = [];
  }

  /** Resets every connection. */
  cut(): void {
    for (const link of this.#links) link.reset();
  }

  /** Resets a connection once it has passed this many more bytes in the given direction. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#faults[direction].cutAfter = bytes;
  }

  /** Nothing moves, nothing closes: the peer is still there and silent. Both directions unless told. */
  stall(only?: Direction): void {
    this.#change(only, { stalled: true });
  }

  delay(milliseconds: number, only?: Direction): void {
    this.#change(only, { delayMs: milliseconds });
  }

  /** Passes bytes on in pieces of at most this size, each a write of its own. */
  fragment(bytes: number, only?: Direction): void {
    this.#change(only, { fragment: bytes });
  }

  /** New connections are reset at once. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Ends every fault; what was stalled moves on. */
  heal(): void {
    this.#refusing = false;
    this.#change(undefined, healthy);
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    const link = new Link(client, upstream, (link) => this.#links.delete(link));
    this.#links.add(link);
    for (const direction of directions) link.carry(direction, this.#faults[direction], this.#taps);
  }

  #change(only: Direction | undefined, change: Partial<Faults>): void {
    for (const direction of directions) {
      if (only && direction !== only) continue;
      Object.assign(this.#faults[direction], change);
    }
    for (const link of this.#links) link.pump();
  }
}

interface Faults {
  stalled: boolean;
  delayMs: number;
  fragment: number;
  cutAfter: number;
}
const healthy: Faults = { stalled: false, delayMs: 0, fragment: Infinity, cutAfter: Infinity };

/** One client connection and its counterpart. */
class Link {
  readonly #pumps: (() => void)[] = [];

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly closed: (link: Link) => void,
  ) {
    for (const socket of [client, upstream]) socket.on('error', () => this.reset()).on('close', () => this.reset());
  }

  reset(): void {
    this.closed(this);
    for (const socket of [this.client, this.upstream]) if (!socket.destroyed) socket.resetAndDestroy();
  }

  pump(): void {
    for (const pump of this.#pumps) pump();
  }

  carry(direction: Direction, faults: Faults, taps: Record<Direction, Buffer[]>): void {
    const [from, to] = direction === 'to-server' ? [this.client, this.upstream] : [this.upstream, this.client];
    const queue: { readonly bytes: Buffer; readonly due: number }[] = [];
    let ended = false;
    const pass = (bytes: Buffer): void => {
      const kept = bytes.subarray(0, faults.cutAfter);
      taps[direction].push(Buffer.from(kept));
      faults.cutAfter -= kept.length;
      for (let at = 0; at < kept.length; at += faults.fragment) to.write(kept.subarray(at, at + faults.fragment));
      // The last bytes before the cut are still delivered: end() flushes, a reset would discard them.
      if (faults.cutAfter <= 0) to.end(() => this.reset());
    };
    const pump = (): void => {
      while (!faults.stalled && queue[0] && queue[0].due <= Date.now()) pass(queue.shift()!.bytes);
      if (queue[0] && !faults.stalled) setTimeout(pump, queue[0].due - Date.now());
      if (ended && queue.length === 0 && !to.writableEnded) to.end();
    };
    from.on('data', (bytes: Buffer) => {
      queue.push({ bytes, due: Date.now() + faults.delayMs });
      pump();
    });
    from.on('end', () => {
      ended = true;
      pump();
    });
    this.#pumps.push(pump);
  }
}
