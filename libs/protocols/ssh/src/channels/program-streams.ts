import type { Action } from '@sallyport/domain';
import type { ApprovalOutcome, Permitted } from '@sallyport/enforcement';
import type { StreamMask } from '@sallyport/masking';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import type { Channel, ChannelEvents } from '../connection/channel.js';
import { readString } from '../connection/wire.js';
import type { OutputMasks } from '../mask.js';
import { line, refusedStatus } from '../refuse.js';
import type { SshSession } from '../session.js';
import { putString } from '../transport/message-numbers.js';

/** What a program needs of the client's channel, or of whoever stands in for it. */
export type ProgramClient = Pick<Channel, 'write' | 'requestAfterData' | 'eof' | 'close' | 'consumed'>;

export interface ProgramEnds {
  readonly seq: number;
  readonly client: ProgramClient;
  readonly target: Channel;
  readonly masks: OutputMasks;
  readonly action: Action;
  readonly verdict: Permitted<unknown>;
}

/**
 * The three streams of a program that runs, and its end. A side may send more only once what it sent has left for the
 * other, so nothing piles up here; everything is recorded before it leaves.
 */
export class ProgramStreams implements ChannelEvents {
  readonly borrows: boolean;
  #completion = 'closed';
  #outcome: ApprovalOutcome = 'unknown';
  #done: ((completion: string, outcome: ApprovalOutcome) => void) | undefined;
  #outputEnded = false;
  #started = false;
  #over = false;

  constructor(
    private readonly session: SshSession,
    private readonly ends: ProgramEnds,
  ) {
    // A mask may keep the beginning of what it does not know yet.
    this.borrows = ends.masks.passing === true;
    ends.target.events = this;
  }

  /** How it ended is still to be said. */
  get running(): boolean {
    return this.#started && !this.#over;
  }

  start(): void {
    const { seq, action, verdict } = this.ends;
    this.#started = true;
    this.#done = this.session.watch({ seq, action, verdict, cut: (text) => this.#cut(text) });
    if (this.ends.target.closed || this.#over) this.closed();
  }

  /** @param owed whether the client waits for the room that these bytes took */
  input(bytes: Buffer, owed = true): void {
    const { seq, client, target } = this.ends;
    this.session.guard(() => {
      this.session.log.request(seq, bytes);
      target.write(
        bytes,
        false,
        owed ? () => this.session.log.whenCalm(() => client.consumed(bytes.length)) : undefined,
      );
    });
  }

  inputEnded(): void {
    this.ends.target.eof();
  }

  /** A request of the client that the running program is to hear of. */
  request(name: string, data: Buffer): boolean {
    if (name === 'exit-status' || name === 'exit-signal') return this.#exited(name, data);
    if (name === 'window-change' || name === 'signal') this.ends.target.request(name, data);
    return false;
  }

  /** Asks the program to end (RFC 4254 §6.9). `refused`: the target will not, as OpenSSH for root. */
  interrupt(refused: () => void): void {
    const signal = putString(new ByteWriter(8), 'INT').finish();
    this.ends.target.request('signal', signal, (sent) => {
      if (!sent && !this.ends.target.closed) refused();
    });
  }

  /** The client has closed its channel: the target's server ends what runs there. */
  clientLeft(): void {
    this.#over = true;
    this.ends.target.abort();
  }

  data(bytes: Buffer, stderr: boolean): void {
    const { masks, target } = this.ends;
    this.session.guard(() => {
      const shown = this.#masked(stderr ? masks.error : masks.out, (mask) => mask.push(bytes));
      if (!shown) return;
      this.#show(shown, stderr, () => this.session.log.whenCalm(() => target.consumed(bytes.length)));
    });
  }

  eof(): void {
    this.#endOutput();
    if (!this.#over) this.ends.client.eof();
  }

  closed(): void {
    // What never began is told by whoever tried to begin it.
    if (!this.#started) return;
    this.#endOutput();
    if (!this.#over) this.ends.client.close();
    this.#over = true;
    this.#done?.(this.#completion, this.#outcome);
  }

  #exited(name: string, data: Buffer): boolean {
    const { seq, client } = this.ends;
    const reader = new ByteReader(data);
    const code = name === 'exit-status' ? reader.uint32() : readString(reader).toString('latin1').slice(0, 16);
    this.#completion = name === 'exit-status' ? `exit ${code}` : `signal ${code}`;
    this.#outcome = 'completed';
    this.session.guard(() => {
      this.session.log.note('exit', seq, { code });
      if (!this.#over) client.requestAfterData(name, data);
    });
    return false;
  }

  #endOutput(): void {
    if (this.#outputEnded) return;
    this.#outputEnded = true;
    const { masks } = this.ends;
    this.session.guard(() => {
      for (const mask of [masks.out, masks.error]) {
        const rest = this.#masked(mask, (stream) => stream.end());
        if (rest) this.#show(rest, mask === masks.error);
      }
    });
  }

  #show(bytes: Buffer, stderr: boolean, sent?: () => void): void {
    if (this.#over) return;
    if (bytes.length === 0) return sent?.();
    this.session.log.response(this.ends.seq, bytes);
    this.ends.client.write(bytes, stderr, sent);
  }

  /** Undefined when the mask gave up: then nothing of it is shown and it ends. */
  #masked(mask: StreamMask, act: (mask: StreamMask) => Buffer): Buffer | undefined {
    if (this.#over) return undefined;
    try {
      return act(mask);
    } catch {
      this.#cut('what it prints could not be masked');
      return undefined;
    }
  }

  #cut(text: string): void {
    const { seq, client, target } = this.ends;
    if (this.#over) return;
    this.#outputEnded = true;
    this.session.guard(() => {
      const bytes = Buffer.from(line(text));
      this.session.log.response(seq, bytes);
      client.write(bytes, true);
      client.requestAfterData('exit-status', new ByteWriter(4).uint32(refusedStatus).finish());
      client.eof();
      client.close();
    });
    this.#over = true;
    target.abort();
    this.#done?.('cut off', 'unknown');
  }
}
