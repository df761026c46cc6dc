import type { NumberState } from './number-grammar.js';
import { isNumber, nextNumberState, numberStart, numberStops } from './number-grammar.js';

/** Finds the ends of numbers, whatever chunk they are in. */
export class NumberScan {
  #state: NumberState = numberStart;

  begin(): void {
    this.#state = numberStart;
  }

  /** Where the first byte is that no number goes on with, or the chunk's end. */
  scan(chunk: Buffer, from: number): number {
    let state = this.#state;
    let at = from;
    for (; at < chunk.length; at += 1) {
      const next = nextNumberState(state, chunk[at]!);
      if (next === numberStops) break;
      state = next;
    }
    this.#state = state;
    return at;
  }

  /** What was scanned is a whole number of JSON. */
  get complete(): boolean {
    return isNumber(this.#state);
  }
}
