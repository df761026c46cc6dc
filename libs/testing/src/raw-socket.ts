import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

const defaultDeadlineMs = 5000;

/** How many of the received bytes answer the question; undefined while more are needed. */
export type Enough = (received: Buffer) => number | undefined;

/** A client that speaks bytes: for saying what no well-behaved driver would say. Every read has a deadline. */
export class RawSocket {
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(private socket: Socket) {
    this.#listen(socket);
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawSocket> {
    const socket = connectTcp({ port, host, noDelay: true });
    await settled(socket, 'connect');
    return new RawSocket(socket);
  }

  /** Upgrades the connection in place. Whatever was received before must have been read. */
  async startTls(options: ConnectionOptions): Promise<void> {
    if (this.#received.length > 0) throw new Error(`${this.#received.length} bytes in front of the TLS handshake`);
    this.socket.removeAllListeners();
    const secure = connectTls({ ...options, socket: this.socket });
    await settled(secure, 'secureConnect');
    this.socket = secure;
    this.#listen(secure);
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** Takes what `enough` asks for off the front of what was received. Rejects at the deadline or when the peer closed. */
  async read(enough: Enough, deadlineMs = defaultDeadlineMs): Promise<Buffer> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const length = enough(this.#received);
      if (length !== undefined) return this.#take(length);
      if (this.#ended) throw new Error(`the peer closed after ${this.#describe()}`);
      if (!(await this.#somethingNew(deadline - Date.now()))) throw new Error(`deadline; received ${this.#describe()}`);
    }
  }

  readBytes(count: number, deadlineMs?: number): Promise<Buffer> {
    return this.read((received) => (received.length >= count ? count : undefined), deadlineMs);
  }

  /** Up to and including the first occurrence. */
  readUntil(needle: Uint8Array | string, deadlineMs?: number): Promise<Buffer> {
    const wanted = Buffer.from(needle as string);
    return this.read((received) => {
      const at = received.indexOf(wanted);
      return at < 0 ? undefined : at + wanted.length;
    }, deadlineMs);
  }

  /** Everything until the peer closes. Rejects when it does not close in time. */
  readToEnd(deadlineMs?: number): Promise<Buffer> {
    return this.read((received) => (this.#ended ? received.length : undefined), deadlineMs);
  }

  /** Whatever arrives within the time; for showing that nothing does. */
  async readFor(durationMs: number): Promise<Buffer> {
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    return this.#take(this.#received.length);
  }

  get closed(): boolean {
    return this.#ended;
  }

  /** Stops taking bytes off the connection: a reader that went to lunch. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', ended).on('close', ended).on('error', ended);
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  #somethingNew(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(0, withinMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #describe(): string {
    const shown = this.#received.subarray(0, 200).toString('latin1');
    return `${this.#received.length} bytes: ${JSON.stringify(shown)}`;
  }
}

function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => {
      socket.off('error', reject);
      resolve();
    });
    socket.once('error', reject);
  });
}
