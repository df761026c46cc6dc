import type { DecisionRecord } from '@sallyport/domain';
import type { RecorderPort } from '@sallyport/enforcement';
import type { TunnelTape } from './protocol.js';

/**
 * One session's recording, on which several exchanges write. Bytes belong to the exchange whose decision was recorded last;
 * where another one goes on, a note says which.
 */
export class SessionTape implements RecorderPort {
  #current = 0;

  constructor(private readonly recorder: RecorderPort) {}

  get congested(): boolean {
    return this.recorder.congested;
  }

  /** What the exchange writes. */
  of(seq: number): TunnelTape {
    return new ExchangeTape(this, seq);
  }

  turnTo(seq: number): void {
    if (this.#current === seq) return;
    this.#current = seq;
    this.recorder.note('exchange', { seq });
  }

  decision(record: DecisionRecord): void {
    this.#current = record.seq;
    this.recorder.decision(record);
  }

  request(bytes: Uint8Array): void {
    this.recorder.request(bytes);
  }

  response(bytes: Uint8Array): void {
    this.recorder.response(bytes);
  }

  outcome(seq: number, completion: string): void {
    this.recorder.outcome(seq, completion);
  }

  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    this.recorder.note(name, detail);
  }

  flush(): void {
    this.recorder.flush();
  }

  get waitsForDisk(): boolean {
    return this.recorder.waitsForDisk;
  }

  flushSoon(): void {
    this.recorder.flushSoon();
  }

  onDrain(listener: () => void): void {
    this.recorder.onDrain(listener);
  }
}

class ExchangeTape implements TunnelTape {
  constructor(
    private readonly tape: SessionTape,
    private readonly seq: number,
  ) {}

  get congested(): boolean {
    return this.tape.congested;
  }

  request(bytes: Uint8Array): void {
    this.tape.turnTo(this.seq);
    this.tape.request(bytes);
  }

  response(bytes: Uint8Array): void {
    this.tape.turnTo(this.seq);
    this.tape.response(bytes);
  }

  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    this.tape.turnTo(this.seq);
    this.tape.note(name, detail);
  }

  flush(): void {
    this.tape.flush();
  }

  flushSoon(): void {
    this.tape.flushSoon();
  }

  onDrain(listener: () => void): void {
    this.tape.onDrain(listener);
  }
}
