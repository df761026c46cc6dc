import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import type { Channel } from '../../connection/channel.js';
import { isRefused } from '../../connection/connection.js';
import { asText } from '../../connection/wire.js';
import type { SshSession } from '../../session.js';
import { frame, numbered, onlyName, packet, PacketStream, strings, status } from './packets.js';

/** An answer of the target. `done` must be called when it has left for the client, or when nobody gets it. */
export interface Answer {
  readonly type: number;
  readonly fields: Buffer;
  done(): void;
}

const none = new Uint8Array(0);

/** The target's side of file transfers: its subsystem, and whose answer each of its packets is. */
export class TargetFiles {
  readonly #packets = new PacketStream();
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #nextId = 0;
  #version: ((version: number) => void) | undefined;

  private constructor(
    private readonly channel: Channel,
    private readonly lost: () => void,
  ) {
    channel.events = {
      // What the subsystem says of itself is the target's business; nobody asked for it.
      data: (bytes, stderr) => (stderr ? channel.consumed(bytes.length) : this.#receive(bytes)),
      eof: () => this.#end(),
      request: () => false,
      closed: () => this.#end(),
    };
  }

  /** Starts the subsystem. Undefined when the target has none that speaks version 3. */
  static async start(session: SshSession, lost: () => void): Promise<TargetFiles | undefined> {
    const channel = await session.upstream.connection.open('session', none);
    if (isRefused(channel)) return undefined;
    const files = new TargetFiles(channel, lost);
    const granted = await new Promise<boolean>((resolve) => channel.request('subsystem', strings('sftp'), resolve));
    const version = granted ? await files.#initialise() : 0;
    if (version >= 3) return files;
    channel.abort();
    return undefined;
  }

  /** @param answered called once, with undefined when the target is gone */
  send(type: number, fields: Uint8Array, answered: (answer: Answer | undefined) => void, sent?: () => void): void {
    if (this.channel.closed) return answered(undefined);
    do this.#nextId = (this.#nextId + 1) >>> 0;
    while (this.#waiting.has(this.#nextId));
    this.#waiting.set(this.#nextId, answered);
    this.channel.write(numbered(type, this.#nextId, fields), false, sent);
  }

  /**
   * Asks on the gateway's own account: nothing of the answer is owed to anybody.
   * @param signal aborted: nobody waits for the answer any more
   * @returns undefined when the target is gone, or when nobody waits
   */
  ask(type: number, fields: Uint8Array, signal?: AbortSignal): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const leave = (): void => resolve(undefined);
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      this.send(type, fields, (answer) => {
        signal?.removeEventListener('abort', leave);
        // A copy, since the bytes are the connection's.
        resolve(answer && { type: answer.type, fields: Buffer.from(answer.fields), done: () => undefined });
        answer?.done();
      });
    });
  }

  /** The target's own absolute spelling of a path, links resolved; undefined where it has none. */
  async realpath(path: string): Promise<string | undefined> {
    const answer = await this.ask(packet.realpath, strings(path));
    return answer?.type === packet.name ? textOrNothing(() => asText(onlyName(answer.fields))) : undefined;
  }

  /** Whether there is certainly nothing under this name, not even a link. */
  async isAbsent(path: string): Promise<boolean> {
    const answer = await this.ask(packet.lstat, strings(path));
    return answer?.type === packet.status && new ByteReader(answer.fields).uint32() === status.noSuchFile;
  }

  close(): void {
    this.channel.abort();
  }

  #initialise(): Promise<number> {
    return new Promise((resolve) => {
      this.#version = resolve;
      this.channel.write(frame(packet.init, new ByteWriter(4).uint32(3).finish()));
    });
  }

  #receive(bytes: Buffer): void {
    try {
      this.#packets.push(bytes);
      for (let next = this.#packets.next(); next; next = this.#packets.next()) {
        const { type, body, size } = next;
        const done = (): void => this.channel.consumed(size);
        const id = new ByteReader(body).uint32();
        if (type === packet.version && this.#version) {
          this.#version(id);
          this.#version = undefined;
          done();
          continue;
        }
        const answered = this.#waiting.get(id);
        if (!answered) throw new WireError('an answer that nobody asked for');
        this.#waiting.delete(id);
        answered({ type, fields: body.subarray(4), done });
      }
    } catch {
      // A server that breaks the protocol has no more to say here.
      this.channel.abort();
      this.#end();
    }
  }

  #end(): void {
    this.#version?.(0);
    for (const answered of this.#waiting.values()) answered(undefined);
    this.#waiting.clear();
    this.lost();
  }
}

function textOrNothing(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
