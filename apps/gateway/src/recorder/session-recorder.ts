import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import type { RecorderPort } from '@sallyport/enforcement';
import { RecordingWriter, type SegmentSink } from '@sallyport/recording';
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
  /** Highest exchange that was let through, and highest that is known to have ended. */
  #permitted = 0;
  #ended = 0;

  constructor(
    private readonly spool: Spool,
    readonly sessionId: string,
  ) {
    this.#writer = new RecordingWriter(spool.buffer, this);
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
    } catch {
      return false;
    } finally {
      this.#writer.release();
    }
    return true;
  }

  /** From the writer: whole frames. */
  append(first: Uint8Array, rest?: Uint8Array): void {
    try {
      this.#segment ??= this.spool.startSegment(this, this.#nextIndex);
      this.#nextIndex = this.#segment.index + 1;
      this.spool.append(this.#segment, this.#closing !== undefined, first, rest);
      if (this.#segment.size >= this.spool.segmentBytes && this.#closing === undefined) this.#seal(false);
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
      this.#writer.flush();
      if (this.#segment && !this.#segment.empty) this.#seal(false);
    } catch (error) {
      if (this.#closing === undefined) this.spool.failed(this, error as Error);
    }
  }

  /** After a failure the old writer stays silent for good: the end comes from a fresh one. */
  #writeEnd(reason: string): void {
    const failed = this.#writer.failure;
    const writer = failed ? new RecordingWriter(this.spool.buffer, this) : this.#writer;
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
