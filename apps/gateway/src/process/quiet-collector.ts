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
const quietBelow = 0.25;
/** Growth that is worth a pause. Bytes. */
const worthBytes = 24 * 1024 * 1024;

/**
 * Gives memory back after a burst. The runtime collects while memory is asked for, and thousands of sessions that log in and
 * then idle ask for none: what their logins left, and the young generation grown for it, would stay. A collection costs
 * milliseconds here, in a moment in which hardly anybody waits for this process.
 */
export class QuietCollector {
  /** The least that the heap took since the last collection. */
  #least: number;

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
    if (!quiet || now - this.#least < worthBytes) return;
    collect();
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
