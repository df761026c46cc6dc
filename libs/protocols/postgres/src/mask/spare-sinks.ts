import { ByteSink } from './byte-sink.js';

/** Kept for the next who needs one; more are left to the collector. */
const maxSpares = 8;
/** A result of unusual size must not keep its memory. Bytes. */
const maxSpareBytes = 256 << 10;

const spares: ByteSink[] = [];

/**
 * A sink that nobody else has. Every masked result needs one for the moment until the socket has taken it: memory made anew
 * for each kept the collector busier than the masking was.
 * @param capacity in case there is none to spare. Bytes.
 */
export function borrowSink(capacity: number): ByteSink {
  return spares.pop() ?? new ByteSink(capacity);
}

/** Gives it back: nobody may read any more what was written there. */
export function returnSink(sink: ByteSink): void {
  if (spares.length >= maxSpares || sink.capacity > maxSpareBytes) return;
  sink.clear();
  spares.push(sink);
}
