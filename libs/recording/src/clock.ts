import { performance } from 'node:perf_hooks';

let anchoredAt = -Infinity;
let offset = 0;

/** Microseconds since the Unix epoch: the wall clock's time at the monotonic clock's resolution. */
export function nowMicros(): number {
  const monotonic = performance.now();
  if (monotonic - anchoredAt > 1000) {
    anchoredAt = monotonic;
    offset = Date.now() - monotonic;
  }
  return Math.floor((monotonic + offset) * 1000);
}
