import { closeSync, fsync, fsyncSync, openSync } from 'node:fs';
import { SallyportError, type SessionInfo } from '@sallyport/domain';
import { FrameBuffer } from '@sallyport/recording';
import type { Logger } from '../logger.js';
import { makePrivateDirectory } from '../private-files.js';
import { SegmentFile } from './segment-file.js';
import { SessionRecorder } from './session-recorder.js';

export interface SealedSegment {
  readonly sessionId: string;
  readonly index: number;
  readonly path: string;
  readonly bytes: number;
  readonly last: boolean;
}

export interface SpoolOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly durability: 'write' | 'fsync';
  readonly log: Logger;
  readonly onSealed: (segment: SealedSegment) => void;
  /** The session's recording broke: it must not go on. */
  readonly onFailure: (sessionId: string) => void;
  readonly segmentBytes?: number;
  /** A segment is sealed when it is this old, so that what happened can soon be seen. Milliseconds. */
  readonly segmentAgeMs?: number;
}

const tickMs = 1000;
const groupSyncMs = 100;
const drainedBelow = 0.7;
const congestedAbove = 0.85;

/**
 * Every live session's recording on this gateway's disk. Sessions without news cost nothing here: no buffer, no open file,
 * no timer. Above its high-water mark the spool asks everybody to pause, at its quota it refuses, and refusing denies.
 */
export class Spool {
  readonly buffer = new FrameBuffer();
  readonly segmentBytes: number;
  /** Recorded decisions by effect, since the process started. */
  readonly decisions = { permit: 0, hold: 0, deny: 0 };
  /** Recorders with an open segment. */
  readonly #writing = new Set<SessionRecorder>();
  /** Recorders that still have to write their end, because the disk refused it. */
  readonly #unfinished = new Set<SessionRecorder>();
  readonly #dirty = new Set<SegmentFile>();
  readonly #drainListeners: (() => void)[] = [];
  readonly #directoryFd: number;
  #directoryDirty = false;
  #bytes = 0;
  #congested = false;
  #groupSync: NodeJS.Timeout | undefined;
  readonly #tick: NodeJS.Timeout;

  /** @throws when the folder cannot be used. */
  constructor(private readonly options: SpoolOptions) {
    this.segmentBytes = options.segmentBytes ?? 1024 * 1024;
    makePrivateDirectory(options.directory);
    this.#directoryFd = openSync(options.directory, 'r');
    this.#tick = setInterval(() => this.#sealOld(), tickMs);
    this.#tick.unref();
  }

  /** Bytes on disk, the ones still waiting for upload included. */
  get bytes(): number {
    return this.#bytes;
  }

  get congested(): boolean {
    return this.#congested;
  }

  /** Starts a recording. Throws SallyportError when there is no room, or when the disk refuses. */
  record(session: SessionInfo): SessionRecorder {
    if (this.#congested) {
      throw new SallyportError('spool-full', 'the recording spool is full', { source: 'gateway', retryable: true });
    }
    const recorder = new SessionRecorder(this, session.id);
    try {
      recorder.open(session);
    } catch (cause) {
      throw new SallyportError('recording-failed', 'the recording could not be started', { source: 'gateway', cause });
    }
    return recorder;
  }

  /** Counts bytes that came from elsewhere: what an earlier process left. */
  adopt(bytes: number): void {
    this.#grow(bytes);
  }

  /** The segment has been acknowledged and deleted. */
  released(bytes: number): void {
    this.#grow(-bytes);
  }

  onDrain(listener: () => void): void {
    if (this.#congested) this.#drainListeners.push(listener);
    else queueMicrotask(listener);
  }

  /** Called by recorders. Throws at the quota. */
  startSegment(recorder: SessionRecorder, index: number): SegmentFile {
    const segment = new SegmentFile(this.options.directory, recorder.sessionId, index);
    this.#writing.add(recorder);
    this.#grow(segment.size);
    if (this.options.durability === 'fsync') fsyncSync(this.#directoryFd);
    else this.#directoryDirty = true;
    return segment;
  }

  /** @param essential the frames that end a recording may pass the quota: they are small, and without them it looks cut. */
  append(segment: SegmentFile, essential: boolean, first: Uint8Array, rest?: Uint8Array): void {
    const length = first.length + (rest?.length ?? 0);
    if (!essential && this.#bytes + length > this.options.maxBytes) throw new Error('the recording spool is full');
    segment.append(first, rest);
    this.#grow(length);
    this.#dirty.add(segment);
    if (this.options.durability === 'write') this.#groupSync ??= setTimeout(() => this.#syncAll(), groupSyncMs);
  }

  /** In `fsync` durability: blocks until the disk has the segment. */
  settle(segment: SegmentFile): void {
    if (this.options.durability !== 'fsync') return;
    segment.syncNow();
    this.#dirty.delete(segment);
  }

  seal(recorder: SessionRecorder, segment: SegmentFile, last: boolean): void {
    this.#dirty.delete(segment);
    this.#writing.delete(recorder);
    const path = segment.seal((error) => this.#broke(recorder.sessionId, error));
    this.#directoryDirty = true;
    this.options.onSealed({ sessionId: recorder.sessionId, index: segment.index, path, bytes: segment.size, last });
  }

  /** The recorder could not write its end; it is asked again until it can. */
  finishLater(recorder: SessionRecorder): void {
    this.#unfinished.add(recorder);
  }

  failed(recorder: SessionRecorder, error: Error): void {
    this.#broke(recorder.sessionId, error);
  }

  /** Seals what is open and lets go of everything. */
  stop(): void {
    clearInterval(this.#tick);
    clearTimeout(this.#groupSync);
    for (const recorder of [...this.#writing]) recorder.sealSegment();
    fsyncSync(this.#directoryFd);
    closeSync(this.#directoryFd);
  }

  #broke(sessionId: string, error: Error): void {
    this.options.log.error({ sessionId, error: error.message }, 'a recording cannot be kept: its session ends');
    this.options.onFailure(sessionId);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    const { maxBytes, log } = this.options;
    if (!this.#congested && this.#bytes > maxBytes * congestedAbove) {
      this.#congested = true;
      log.error({ bytes: this.#bytes, maxBytes }, 'the recording spool is nearly full: no new sessions');
    } else if (this.#congested && this.#bytes < maxBytes * drainedBelow) {
      this.#congested = false;
      log.info({ bytes: this.#bytes }, 'the recording spool has room again');
      for (const listener of this.#drainListeners.splice(0)) listener();
    }
  }

  /** One sync for all that was written meanwhile: bounds what a loss of power can take without slowing anybody. */
  #syncAll(): void {
    this.#groupSync = undefined;
    for (const segment of this.#dirty) segment.sync((error) => this.#broke(segment.sessionId, error));
    this.#dirty.clear();
    if (!this.#directoryDirty) return;
    this.#directoryDirty = false;
    fsync(this.#directoryFd, (error) => {
      if (error) this.options.log.error({ error: error.message }, 'the spool folder cannot be synced');
    });
  }

  #sealOld(): void {
    // What was said after a segment was sealed, such as how a long exchange ended, begins the next.
    this.buffer.spillAll();
    const before = performance.now() - (this.options.segmentAgeMs ?? 5000);
    for (const recorder of [...this.#writing]) recorder.sealIfOlder(before);
    for (const recorder of [...this.#unfinished]) {
      if (recorder.tryFinish()) this.#unfinished.delete(recorder);
    }
  }
}
