import type { Permit } from '@sallyport/enforcement';
import { type FrameBuffer, WireError } from '@sallyport/wire-kit';
import { headerBytes, readString } from './codec.js';
import { frontend } from './messages.js';
import { Reply } from './replies.js';
import type { SessionCore } from './session-core.js';

/**
 * COPY data from the client: belongs to a statement that was judged, so it streams through, recorded, however large one
 * message is. Data for which no permitted statement is under way is dropped, as the server would drop it.
 */
export class CopyInStream {
  #left = 0;
  #keep = false;

  constructor(
    private readonly core: SessionCore,
    private readonly inbox: FrameBuffer,
    private readonly out: (Buffer | Permit<Buffer>)[],
  ) {}

  /** In the middle of a CopyData message. */
  get streaming(): boolean {
    return this.#left > 0;
  }

  /** The server awaits data and its end has not been sent. */
  get open(): boolean {
    const { replies } = this.core;
    return replies.first?.unit?.copying === 'in' && replies.second?.kind !== 'copy-end';
  }

  /** @param length as the header has it, type byte excluded */
  begin(length: number): boolean {
    this.#left = 1 + length;
    this.#keep = this.core.replies.copyingIn > 0;
    return this.stream();
  }

  stream(): boolean {
    const part = this.inbox.takeUpTo(this.#left);
    if (part.length === 0) return false;
    this.#left -= part.length;
    if (this.#keep) {
      this.core.context.recorder.request(part);
      this.out.push(part);
    }
    return true;
  }

  /** CopyDone or CopyFail. */
  end(message: Buffer): boolean {
    if (message[0] === frontend.copyFail) readString(message);
    else if (message.length !== headerBytes) throw new WireError('a CopyDone message with a body');
    if (this.core.replies.copyingIn === 0) return true;
    this.core.context.recorder.request(message);
    this.out.push(message);
    this.core.replies.push(new Reply('copy-end'));
    return true;
  }
}
