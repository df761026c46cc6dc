import type { RecorderPort } from '@sallyport/enforcement';

/** One session's recording, in which the bytes of several channels take turns. Whatever cannot be recorded throws. */
export class ExchangeLog {
  #turn = 0;

  constructor(private readonly recorder: RecorderPort) {}

  /** Before the bytes go to the target. */
  request(seq: number, bytes: Uint8Array): void {
    this.#take(seq);
    this.recorder.request(bytes);
    this.recorder.flush();
  }

  /** Before the bytes go to the client. */
  response(seq: number, bytes: Uint8Array): void {
    this.#take(seq);
    this.recorder.response(bytes);
    this.recorder.flush();
  }

  note(name: string, seq: number, detail: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.recorder.note(name, { seq, ...detail });
  }

  outcome(seq: number, completion: string): void {
    this.recorder.outcome(seq, completion);
  }

  /** Calls back once the spool keeps up: at once, most times. */
  whenCalm(act: () => void): void {
    if (this.recorder.congested) this.recorder.onDrain(act);
    else act();
  }

  #take(seq: number): void {
    if (this.#turn === seq) return;
    this.#turn = seq;
    this.recorder.note('exchange', { seq });
  }
}
