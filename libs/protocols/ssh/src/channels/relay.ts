import type { Action } from '@sallyport/domain';
import type { ApprovalOutcome, Permitted } from '@sallyport/enforcement';
import type { Channel, ChannelEvents } from '../connection/channel.js';
import type { SshSession } from '../session.js';

export interface RelayEnds {
  readonly seq: number;
  readonly client: Channel;
  readonly target: Channel;
  readonly action: Action;
  readonly verdict: Permitted<unknown>;
}

/** A forwarded connection: bytes both ways, recorded, opaque. Each side may send as much as the other takes. */
export class Relay {
  #sent = 0;
  #received = 0;
  #left = 2;
  readonly #done: (completion: string, outcome: ApprovalOutcome) => void;

  constructor(
    private readonly session: SshSession,
    private readonly ends: RelayEnds,
  ) {
    const { client, target } = ends;
    this.#done = session.watch({ ...ends, cut: () => this.#cut() });
    client.events = this.#side(client, target, (bytes) => {
      this.#sent += bytes.length;
      session.log.request(ends.seq, bytes);
    });
    target.events = this.#side(target, client, (bytes) => {
      this.#received += bytes.length;
      session.log.response(ends.seq, bytes);
    });
    // One of them may have gone while the other was opened.
    if (client.closed) target.abort();
    if (target.closed) client.abort();
  }

  #side(from: Channel, to: Channel, record: (bytes: Buffer) => void): ChannelEvents {
    return {
      borrows: true,
      data: (bytes, stderr) => {
        if (stderr) return from.consumed(bytes.length);
        this.session.guard(() => {
          record(bytes);
          to.write(bytes, false, () => this.session.log.whenCalm(() => from.consumed(bytes.length)));
        });
      },
      eof: () => to.eof(),
      request: () => false,
      closed: () => {
        to.close();
        this.#left -= 1;
        if (this.#left === 0) this.#done(`${this.#sent} bytes sent, ${this.#received} received`, 'completed');
      },
    };
  }

  #cut(): void {
    this.ends.client.abort();
    this.ends.target.abort();
    this.#done('cut off', 'unknown');
  }
}
