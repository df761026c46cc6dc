import { readString } from './codec.js';
import { LastMessage } from './last-message.js';

/** Reads CommandComplete. */
export class CommandTag {
  readonly #last = new LastMessage();
  #message: Buffer | undefined;
  #tag = '';

  /** @param bytes a chunk with the whole message at `start`..`end` */
  read(bytes: Buffer, start: number, end: number): string {
    const message = this.#last.keep(bytes, start, end);
    if (message === this.#message) return this.#tag;
    this.#tag = readString(message);
    this.#message = message;
    return this.#tag;
  }
}
