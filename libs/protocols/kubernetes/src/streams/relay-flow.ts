import type { StreamTape } from './stream-tape.js';

/** Something that can be told to stop and to go on. */
export interface Source {
  pause(): void;
  resume(): void;
}
/** Something that holds back what is written to it until told otherwise. */
export interface Sink {
  cork(): void;
  uncork(): void;
}

/** Stops a source as long as there is any reason to. */
export class Valve {
  readonly #source: Source;
  readonly #reasons = new Set<'sink' | 'tape'>();

  constructor(source: Source) {
    this.#source = source;
  }

  close(reason: 'sink' | 'tape'): void {
    if (this.#reasons.size === 0) this.#source.pause();
    this.#reasons.add(reason);
  }

  open(reason: 'sink' | 'tape'): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#source.resume();
  }
}

/**
 * One direction of a relay: what came in one piece is written to the tape first, then forwarded in one piece. Between the
 * first `write` and `settle` nothing leaves.
 */
export class Batch {
  readonly #sink: Sink;
  readonly #tape: StreamTape;
  readonly #valve: Valve;
  #open = false;

  constructor(sink: Sink, tape: StreamTape, valve: Valve) {
    this.#sink = sink;
    this.#tape = tape;
    this.#valve = valve;
  }

  /** Forwards later, once it is on the tape. `send` answers false when the sink is full. */
  write(send: () => boolean): void {
    if (!this.#open) {
      this.#open = true;
      this.#sink.cork();
    }
    if (!send()) this.#valve.close('sink');
  }

  /** @throws when the tape cannot be written: the sink must then be destroyed, what it holds back must not leave */
  settle(): void {
    if (!this.#open) return;
    this.#tape.flush();
    this.#open = false;
    this.#sink.uncork();
  }
}

/** Stops both sides while the spool of recordings asks for it. */
export function yieldToTape(tape: StreamTape, valves: readonly Valve[]): void {
  if (!tape.congested) return;
  for (const valve of valves) valve.close('tape');
  tape.onDrain(() => {
    for (const valve of valves) valve.open('tape');
  });
}
