import type { WatchEnd, WatchEvent } from '@sallyport/api-contract';
import type { RecordingsService } from '../recordings/recordings.service.js';
import type { Watch } from './watch.js';

export interface WatchSource {
  readonly recordings: Pick<RecordingsService, 'after' | 'readOne'>;
  readonly watch: Watch;
  /** Whether the session is open. */
  readonly isOpen: () => Promise<boolean>;
  /** Whether the watcher still may. */
  readonly isPermitted: () => Promise<boolean>;
  /** Shows what follows this segment; -1 for all. */
  readonly after: number;
  readonly timing?: Partial<WatchTiming>;
}

/** Milliseconds. */
export interface WatchTiming {
  /** Between two looks at the database, where nothing says that there is news. */
  readonly look: number;
  /** Between two looks at whether the watcher still may. */
  readonly permission: number;
  /** Longest silence. */
  readonly alive: number;
  /** How long the rest of a recording is waited for once its session has ended. */
  readonly rest: number;
}
const usualTiming: WatchTiming = { look: 1000, permission: 5000, alive: 10_000, rest: 5000 };

/** Rows of the index that are read at once. */
const batch = 32;
const pieceBytes = 192 * 1024;

/** What a watcher is told, in order. Reads as it is asked: one segment is in memory, however far behind the watcher is. */
export class WatchEvents {
  readonly #timing: WatchTiming;
  #after: number;
  #permittedAt = performance.now();
  #saidAt = performance.now();

  constructor(private readonly source: WatchSource) {
    this.#timing = { ...usualTiming, ...source.timing };
    this.#after = source.after;
  }

  end(code: WatchEnd['code'], detail: string): WatchEnd {
    return { kind: 'end', code, detail, after: this.#after };
  }

  /** Ends after an `end`, or when told to stop. Throws when something cannot be read. */
  async *all(): AsyncGenerator<WatchEvent, void, void> {
    const { recordings, watch, isOpen } = this.source;
    let wasOpen: boolean | undefined;
    let waitsUntil: number | undefined;
    for (;;) {
      // First whether it is open, then what there is: what came before its end is not missed.
      const open = await isOpen();
      wasOpen ??= open;
      const segments = await recordings.after(watch.sessionId, this.#after, batch);
      for (const segment of segments) {
        const over = await this.#over();
        if (over) return yield over;
        yield* this.#told(this.#segment(segment));
        if (segment.last) return yield this.end('closed', 'the session has ended');
      }
      if (segments.length > 0) {
        waitsUntil = undefined;
        continue;
      }
      const over = await this.#over();
      if (over) return yield over;
      // What had ended before is shown as it is; of what ends now the rest may be on its way.
      if (!open) waitsUntil ??= wasOpen ? performance.now() + this.#timing.rest : 0;
      if (waitsUntil !== undefined && performance.now() >= waitsUntil) {
        return yield this.end('incomplete', 'the session has ended; the rest of its recording has not come');
      }
      if (performance.now() - this.#saidAt >= this.#timing.alive) yield* this.#told([{ kind: 'alive' }]);
      await watch.news(this.#timing.look);
    }
  }

  async #over(): Promise<WatchEnd | undefined> {
    if (this.source.watch.stopped) return this.end('stopping', 'this replica stops; watch again');
    if (performance.now() - this.#permittedAt < this.#timing.permission) return undefined;
    if (!(await this.source.isPermitted())) return this.end('refused', 'the credential has ended or may no longer');
    this.#permittedAt = performance.now();
    return undefined;
  }

  async *#segment(segment: { readonly index: number; readonly sha256: string }): AsyncGenerator<WatchEvent> {
    const { recordings, watch } = this.source;
    const missing = segment.index - this.#after - 1;
    if (missing > 0) yield { kind: 'missing', segments: missing };
    const bytes = await recordings.readOne(watch.sessionId, segment);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield { kind: 'bytes', base64: bytes.toString('base64', at, Math.min(bytes.length, at + pieceBytes)) };
    }
    this.#after = segment.index;
  }

  async *#told(events: AsyncIterable<WatchEvent> | Iterable<WatchEvent>): AsyncGenerator<WatchEvent> {
    for await (const event of events) {
      yield event;
      this.#saidAt = performance.now();
    }
  }
}
