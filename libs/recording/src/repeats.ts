import type { Action, Decision, DecisionRecord, Effect } from '@sallyport/domain';
import type { Labelled } from './repeat.js';

interface Known extends Labelled {
  readonly effects: readonly Effect[];
  readonly decision: Decision;
  readonly kind: string;
  readonly protocol: string;
}

/** A session goes through few kinds of statements at a time. */
const most = 16;

/**
 * Decisions of one segment that later ones can refer to. The inspector and the judge hand out the same effects and the same
 * decision for statements that differ in constants alone, so that identity is enough to know them by.
 */
export class Repeats {
  readonly #known: Known[] = [];
  #oldest = 0;

  find({ action, decision }: DecisionRecord): Labelled | undefined {
    for (const known of this.#known) {
      if (known.decision === decision && known.effects === action.effects && sameKind(known, action)) return known;
    }
    return undefined;
  }

  add({ action: { effects, kind, protocol, text }, decision }: DecisionRecord, label: number): void {
    this.#known[this.#oldest] = { label, text, effects, decision, kind, protocol };
    this.#oldest = (this.#oldest + 1) % most;
  }
}

function sameKind(known: Known, { kind, protocol }: Action): boolean {
  return known.kind === kind && known.protocol === protocol;
}
