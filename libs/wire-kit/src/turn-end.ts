/** Something with work for the end of a turn. `turnEnded` must not throw. */
export interface TurnTask {
  turnEnded(): void;
}

let waiting: TurnTask[] = [];

/**
 * Calls `task` once this turn of the event loop has read everything that it found, in the order of the calls. What many
 * connections have to say is cheaper said in a row: whoever reads it on another processor is woken once, and one wait
 * for the disk serves all of them.
 */
export function atTurnEnd(task: TurnTask): void {
  if (waiting.push(task) === 1) setImmediate(runAll);
}

function runAll(): void {
  const tasks = waiting;
  // What is asked for from now on belongs to the next turn.
  waiting = [];
  for (const task of tasks) task.turnEnded();
}
