import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface CollectorParts {
  /** Share of the time since the last call that the event loop was busy, 0 to 1. */
  readonly utilisation: () => number;
  /** What the heap takes of the machine. Bytes. */
  readonly heapBytes: () => number;
  readonly collect: () => void;
}

const spanMs = 5000;
/** Hardly anybody may be there to wait for a pause. */
const quietBelow = 0.1;
/** From one collection to the next at least. Looks. */
const restLooks = 3;
/** Growth that is worth a pause. Bytes. */
const worthBytes = 24 * 1024 * 1024;

/**
 * Gives memory back after a burst. The runtime collects while memory is asked for, and thousands of sessions that log in and
 * then idle ask for none: what their logins left, and the young generation grown for it, would stay. A collection stops the
 * process for as long as it takes to copy what lives, a quarter of a second with thousands of sessions: so it comes in a
 * moment in which hardly anybody waits, only for a heap that grew, and not soon again.
 */
export class QuietCollector {
  /** The least that the heap took since the last collection. */
  #least: number;
  #looks = restLooks;

  constructor(private readonly parts: CollectorParts = runtimeParts()) {
    this.#least = parts.heapBytes();
  }

  start(): void {
    setInterval(() => this.look(), spanMs).unref();
  }

  look(): void {
    const { utilisation, heapBytes, collect } = this.parts;
    const quiet = utilisation() < quietBelow;
    const now = heapBytes();
    this.#least = Math.min(this.#least, now);
    this.#looks += 1;
    if (!quiet || now - this.#least < worthBytes || this.#looks <= restLooks) return;
    collect();
    this.#looks = 0;
    this.#least = heapBytes();
  }
}

/** Of the process that calls it. The collector is not made available to anybody else. */
export function runtimeParts(): CollectorParts {
  let last = performance.eventLoopUtilization();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  return {
    utilisation: () => {
      const current = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(current, last);
      last = current;
      return utilization;
    },
    heapBytes: () => getHeapStatistics().total_heap_size,
    // The usual kind leaves the young generation as large as the burst made it.
    collect: () => collect({ type: 'major', flavor: 'last-resort' }),
  };
}
