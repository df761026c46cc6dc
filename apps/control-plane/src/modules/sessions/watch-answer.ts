import { once } from 'node:events';
import type { WatchEvent } from '@sallyport/api-contract';
import type { Logger } from 'pino';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Watch } from './watch.js';
import type { WatchEvents } from './watch-events.js';

export interface WatchAnswer {
  readonly watch: Watch;
  readonly events: WatchEvents;
  readonly log: Pick<Logger, 'error'>;
  /** How long a watcher may leave unread what it was sent. Milliseconds. */
  readonly unreadMs?: number;
}

/** One JSON object a line. */
export const watchMediaType = 'application/x-ndjson';

const usualUnreadMs = 30_000;
/** How long the last line of an answer that nobody reads is kept. Milliseconds. */
const lastLineMs = 5_000;

/** Writes one event a line, no faster than they are read. Resolves when it is over, whatever ended it. */
export async function sendWatch(response: HttpResponse, answer: WatchAnswer): Promise<void> {
  const { watch, events, log, unreadMs = usualUnreadMs } = answer;
  response.once('close', () => watch.stop());
  response.on('error', () => watch.stop());
  if (response.destroyed) return;
  // Somebody may sit in front of a proxy that collects answers before it passes them on.
  response.writeHead(200, { 'Content-Type': watchMediaType, 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  try {
    for await (const event of events.all()) {
      if (response.destroyed) return;
      if (!response.write(lineOf(event)) && !(await isRead(response, unreadMs))) {
        return endWith(response, lineOf(events.end('slow', 'what was sent was not read in time')));
      }
    }
    endWith(response, '');
  } catch (error) {
    log.error({ err: error, sessionId: watch.sessionId }, 'a session cannot be watched');
    endWith(response, lineOf(events.end('failed', 'the recording cannot be read')));
  }
}

function lineOf(event: WatchEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** False when too much stays unread for too long. */
async function isRead(response: HttpResponse, withinMs: number): Promise<boolean> {
  const [late, gone] = [AbortSignal.timeout(withinMs), new AbortController()];
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    await once(response, 'drain', { signal: AbortSignal.any([late, gone.signal]) });
    return true;
  } catch {
    // Gone is not slow: the loop sees that there is nobody.
    return !late.aborted;
  } finally {
    response.off('close', leave);
  }
}

function endWith(response: HttpResponse, last: string): void {
  if (response.destroyed) return;
  const timer = setTimeout(() => response.destroy(), lastLineMs);
  response.once('close', () => clearTimeout(timer));
  response.end(last);
}
