import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import type { RecorderPort } from '@sallyport/enforcement';
import { RecordingWriter, type SegmentPlace, type SegmentSink } from '@sallyport/recording';
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
  /** The segment has what the writer may think that it owes. */
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

  get waitsForDisk(): boolean {
    return this.spool.waitsForDisk;
  }

  flushSoon(): void {
    if (this.#staged || this.#closing !== undefined || !this.waitsForDisk) return;
    this.#staged = true;
    this.spool.stage(this);
  }

  /** Asked once after each `flushSoon`: what is not safe yet is to go where one sync makes it safe for many sessions. */
  publish(): void {
    this.#staged = false;
    // Where it cannot, the flush that follows meets the same and says so.
    if (this.#closing === undefined) this.#writer.keep();
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
      this.#writer.release();
      return true;
    } catch {
      return false;
    }
  }

  /** From the writer: whole frames. */
  append(first: Uint8Array, rest?: Uint8Array, safe = 0): void {
    let appended = false;
    try {
      const segment = this.#openSegment();
      this.spool.append(segment, { essential: this.#closing !== undefined, counted: safe }, first, rest);
      appended = true;
      if (segment.size >= this.spool.segmentBytes && this.#closing === undefined) this.#seal(false);
    } catch (error) {
      this.#owedPaid ||= appended;
      if (this.#closing === undefined) this.spool.failed(this, error as Error);
      throw error;
    }
  }

  /** From the writer: so many bytes more are to survive this process on a page, until they are appended. */
  keep(bytes: number): SegmentPlace | undefined {
    if (this.#closing !== undefined || !this.spool.hasRoom(bytes)) return undefined;
    try {
      const { index, size } = this.#openSegment();
      this.spool.kept(bytes);
      return { index, offset: size };
    } catch {
      // Appending meets the same and says so.
      return undefined;
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
    try {
      if (failed) writer.note('recording-failed', { error: failed.message });
      writer.close(reason);
      writer.flush();
    } finally {
      if (failed) writer.release();
    }
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
