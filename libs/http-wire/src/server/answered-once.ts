import type { RequestHead } from '../message.js';
import type { AnswerBody, AnswerOwner } from './answer-body.js';

/** What every exchange keeps straight, whatever version of HTTP carries it: one answer, or one abort. */
export abstract class AnsweredOnce implements AnswerOwner {
  #phase: 'open' | 'answering' | 'answered' | 'lost' = 'open';
  #onAbort: (() => void) | undefined;
  #writer: AnswerBody | undefined;

  protected constructor(readonly head: RequestHead) {}

  /** The answer is out. */
  protected abstract sent(): void;
  /** Breaks the exchange off so that the client notices. */
  protected abstract cut(): void;

  get unanswered(): boolean {
    return this.#phase === 'open';
  }

  get isAnswered(): boolean {
    return this.#phase === 'answered';
  }

  abort(): void {
    if (this.#phase === 'open' || this.#phase === 'answering') this.breakOff();
  }

  onAbort(listener: () => void): void {
    if (this.#phase === 'lost') queueMicrotask(listener);
    else this.#onAbort = listener;
  }

  answered(): void {
    this.#phase = 'answered';
    this.sent();
  }

  breakOff(): void {
    this.#phase = 'lost';
    this.#onAbort = undefined;
    this.cut();
  }

  /** The connection ended, or the server answered in the handler's place. */
  lose(): void {
    if (this.#phase === 'answered' || this.#phase === 'lost') return;
    this.#phase = 'lost';
    this.#writer?.lose();
    const listener = this.#onAbort;
    this.#onAbort = undefined;
    listener?.();
  }

  /** An answer to a request that is gone goes nowhere; a second answer is a mistake of the handler. */
  protected mayAnswer(): boolean {
    if (this.#phase === 'lost') return false;
    if (this.#phase !== 'open') throw new Error('A request is answered once');
    return true;
  }

  protected answering(writer: AnswerBody): AnswerBody {
    this.#phase = 'answering';
    this.#writer = writer;
    return writer;
  }

  /** RFC 9112 section 6.3: no body, whatever the head says. */
  protected isBodiless(status: number): boolean {
    return this.head.method === 'HEAD' || status === 204 || status === 304;
  }

  /** A HEAD may say how long the body would be. */
  protected announcedLength(status: number, length: number | undefined): number | undefined {
    return this.head.method === 'HEAD' && length && status !== 204 && status !== 304 ? length : undefined;
  }
}
