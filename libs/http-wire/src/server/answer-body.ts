import type { Holder } from '@sallyport/wire-kit';
import type { BodyWriter } from '../message.js';
import { chunkEnd, chunkFront, copyBelow, frameChunk, lastChunk } from '../h1/chunk-frame.js';
import type { SocketSender } from './socket-sender.js';

/**
 * How the end of an answer is known: its length, the chunked coding, the end of the connection or stream. `none`: it has no
 * body at all.
 */
export type AnswerFraming = number | 'chunked' | 'close' | 'none';

export interface AnswerOwner {
  /** The answer is out, whole. */
  answered(): void;
  /** It never will be. */
  breakOff(): void;
}

/** The body of an answer as it streams. The head waits for the first bytes, for a turn at most, to travel with them. */
export class AnswerBody implements BodyWriter {
  #lead: string;
  #remaining: number;
  #over = false;

  constructor(
    headText: string,
    private readonly framing: AnswerFraming,
    private readonly sender: SocketSender,
    private readonly owner: AnswerOwner,
  ) {
    this.#lead = headText;
    this.#remaining = typeof framing === 'number' ? framing : Infinity;
    process.nextTick(() => this.#flushLead());
  }

  holder(): Holder | undefined {
    return this.sender.holder();
  }

  write(chunk: Buffer): boolean {
    if (this.#over) return false;
    if (chunk.length === 0 || this.framing === 'none') return !this.sender.blocked;
    this.#remaining -= chunk.length;
    if (this.#remaining < 0) {
      // More than the head promised would be read as the next answer.
      this.abort();
      return false;
    }
    const lead = this.#takeLead();
    if (this.framing === 'chunked') return this.#writeChunk(chunk, lead);
    if (lead === '') return this.sender.write(chunk);
    return this.sender.write(Buffer.concat([Buffer.from(lead, 'latin1'), chunk]));
  }

  end(): void {
    if (this.#over) return;
    if (typeof this.framing === 'number' && this.#remaining > 0) return this.abort();
    this.#over = true;
    const lead = Buffer.from(this.#takeLead(), 'latin1');
    if (this.framing === 'chunked') this.sender.write(lead.length > 0 ? Buffer.concat([lead, lastChunk]) : lastChunk);
    else if (lead.length > 0) this.sender.write(lead);
    this.sender.onDrain(undefined);
    this.owner.answered();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.owner.breakOff();
  }

  onDrain(listener: () => void): void {
    if (!this.#over) this.sender.onDrain(listener);
  }

  /** The connection is gone: nothing is written any more. */
  lose(): void {
    this.#over = true;
  }

  #writeChunk(chunk: Buffer, lead: string): boolean {
    if (chunk.length < copyBelow) return this.sender.write(frameChunk(chunk, lead));
    const front = Buffer.from(chunkFront(chunk.length, lead), 'latin1');
    return this.sender.writeTogether([front, chunk, chunkEnd]);
  }

  #flushLead(): void {
    if (this.#lead !== '' && !this.#over) this.sender.write(Buffer.from(this.#takeLead(), 'latin1'));
  }

  #takeLead(): string {
    const lead = this.#lead;
    this.#lead = '';
    return lead;
  }
}
