import { Refusal } from './refusal.js';

/**
 * Most steps that one text may cost, a step being about what it takes to carry one column through one operation. Short
 * texts can ask for very much: each WITH query may read the one before it twice, each join shows all columns of both
 * sides. What an honest text needs is far below.
 */
const maxSteps = 300_000;

/** Analysis is synchronous, so what one text has left is known here without being handed through every function. */
let stepsLeft = maxSteps;

/** Runs with an allowance of its own: one text, or one view's definition, which is read once for everybody. */
export function withinWorkLimit<Result>(run: () => Result): Result {
  const outer = stepsLeft;
  stepsLeft = maxSteps;
  try {
    return run();
  } finally {
    stepsLeft = outer;
  }
}

/** Counts work that grows faster than the text. Throws Refusal once it is too much. */
export function spend(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new Refusal('the statement is too complex');
}
