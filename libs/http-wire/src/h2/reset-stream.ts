import type { Http2Stream } from 'node:http2';
import { WireFault } from '../message.js';

/**
 * Resets a stream so that its receiver knows that something is missing. `close()` with an error code does not: it ends the
 * writable side first, and where nothing waits to be written the END_STREAM that this sends is all the receiver sees.
 */
export function resetStream(stream: Http2Stream): void {
  stream.destroy(new WireFault('broken-off', 'The message was broken off', 502));
}
