import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import type { RecorderPort } from '@sallyport/enforcement';
import { RecordingWriter, type SegmentSink } from '@sallyport/recording';
import type { Journal } from './journal.js';
import type { SegmentFile } from './segment-file.js';
import type { Spool } from './spool.js';

/** One session's recording, cut into segments. */
export class SessionRecorder implements RecorderPort, SegmentSink {
  readonly #writer: RecordingWriter;
  #segment: SegmentFile | undefined;
  #nextIndex = 0;
  #closing: string | undefined;
  #endWritten = false;
  #closed = false;
  #staged = false;
  #owedPaid = false;
  /** Highest exchange that was let through, and highest that is known to have ended. */
  #permitted = 0;
  #ended = 0;

  constructor(
    private readonly spool: Spool,
    readonly sessionId: string,
  ) {
    this.#writer = new RecordingWriter(sessionId, spool.buffer, this);
  }

  get congested(): boolean {
    return this.spool.congested;
  }

  /** True while an exchange that was let through has not reported its end. */
  get busy(): boolean {
    return this.#permitted > this.#ended;
  }

  /** Throws when the recording cannot be started. */
  open(session: SessionInfo): void {
    this.#writer.open(session);
    this.flush();
  }

  decision(record: DecisionRecord): void {
    this.#requireOpen();
    this.#writer.decision(record);
    const { seq, phase, decision, action } = record;
    this.spool.decisions[decision.effect] += 1;
    if (phase === 'execute' && decision.effect === 'permit' && action.kind !== 'connect') this.#permitted = seq;
  }

  request(bytes: Uint8Array): void {
    this.#requireOpen();
    this.#writer.request(bytes);
  }

  response(bytes: Uint8Array): void {
    this.#requireOpen();
    this.#writer.response(bytes);
  }

  outcome(seq: number, completion: string): void {
    if (this.#closing !== undefined) return;
    this.#writer.outcome(seq, completion);
    this.#ended = Math.max(this.#ended, seq);
  }

  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    if (this.#closing === undefined) this.#writer.note(name, detail);
  }

  flush(): void {
    this.#requireOpen();
    this.#writer.flush();
    if (this.#segment) this.#settle(this.#segment);
  }

  flushSoon(): void {
    if (this.#staged || this.#closing !== undefined) return;
    this.#staged = true;
    this.spool.stage(this);
  }

  /**
   * Asked once after each `flushSoon`, to add what is not on the disk yet to the journal's batch. Returns how many bytes it
   * added; `secured` follows once they are kept.
   */
  offer(journal: Journal): number {
    this.#staged = false;
    const { loose } = this.#writer;
    if (!loose || this.#closing !== undefined || this.#writer.failure || !this.spool.hasRoom(loose.frames.length))
      return 0;
    try {
      const { id, index, size } = this.#openSegment();
      return journal.add(id, index, size + loose.behind, loose.frames) ? loose.frames.length : 0;
    } catch {
      // The flush that follows meets the same and says so.
      return 0;
    }
  }

  secured(): void {
    this.#writer.secured();
  }

  onDrain(listener: () => void): void {
    this.spool.onDrain(listener);
  }

  /** Writes the end. Idempotent; never throws: what the disk refuses now is tried again later. */
  close(reason: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = reason;
    if (!this.tryFinish()) this.spool.finishLater(this);
  }

  /** True once the recording has its end on disk. */
  tryFinish(): boolean {
    if (this.#closed || this.#closing === undefined) return this.#closed;
    try {
      if (!this.#endWritten) this.#writeEnd(this.#closing);
      this.#endWritten = true;
      this.#seal(true);
      this.#closed = true;
      this.spool.finished(this);
    } catch {
      return false;
    } finally {
      this.#writer.release();
    }
    return true;
  }

  /** From the writer: whole frames. */
  append(first: Uint8Array, rest?: Uint8Array, safe = 0): void {
    try {
      const segment = this.#openSegment();
      this.spool.append(segment, { essential: this.#closing !== undefined, counted: safe }, first, rest);
      if (segment.size >= this.spool.segmentBytes && this.#closing === undefined) this.#seal(false);
    } catch (error) {
      if (this.#closing === undefined) this.spool.failed(this, error as Error);
      throw error;
    }
  }

  sealIfOlder(before: number): void {
    if (this.#segment && this.#segment.openedAt < before) this.sealSegment();
  }

  /** Seals the open segment, if there is one with anything in it. Never throws. */
  sealSegment(): void {
    try {
      this.#writer.spill();
      if (this.#writer.failure) throw this.#writer.failure;
      if (this.#segment && !this.#segment.empty) this.#seal(false);
    } catch (error) {
      if (this.#closing === undefined) this.spool.failed(this, error as Error);
    }
  }

  #openSegment(): SegmentFile {
    this.#segment ??= this.spool.startSegment(this, this.#nextIndex);
    this.#nextIndex = this.#segment.index + 1;
    return this.#segment;
  }

  /** After a failure the old writer stays silent for good: the end comes from a fresh one. */
  #writeEnd(reason: string): void {
    const { failure: failed, owed } = this.#writer;
    const writer = failed ? new RecordingWriter(this.sessionId, this.spool.buffer, this) : this.#writer;
    if (owed && !this.#owedPaid) this.append(owed, undefined, owed.length);
    this.#owedPaid = true;
    if (failed) writer.note('recording-failed', { error: failed.message });
    writer.close(reason);
    writer.flush();
  }

  #seal(last: boolean): void {
    const segment = this.#segment;
    if (!segment) return;
    this.#settle(segment);
    this.spool.seal(this, segment, last);
    this.#segment = undefined;
    this.#writer.segmentEnded();
  }

  #settle(segment: SegmentFile): void {
    try {
      this.spool.settle(segment);
    } catch (error) {
      this.spool.failed(this, error as Error);
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new Error('the recording has ended');
  }
}
