import { closeSync, fsync, fsyncSync, openSync } from 'node:fs';
import { SallyportError, type SessionInfo } from '@sallyport/domain';
import { FrameBuffer } from '@sallyport/recording';
import { atTurnEnd } from '@sallyport/wire-kit';
import type { Logger } from '../logger.js';
import { makePrivateDirectory } from '../private-files.js';
import { PageFile } from './page-file.js';
import { contentBytes } from './page-format.js';
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

interface AppendTerms {
  /** The frames that end a recording may pass the quota: they are small, and without them it looks cut. */
  readonly essential: boolean;
  /** So many of the bytes were kept on a page and count already. */
  readonly counted: number;
}

/** For sessions that get no page that survives this process. */
const ordinaryPages = 128;
const tickMs = 1000;
const groupSyncMs = 100;
const drainedBelow = 0.7;
const congestedAbove = 0.85;

/**
 * Every live session's recording on this gateway's disk. Sessions without news cost nothing here: no buffer, no open file,
 * no timer. Above its high-water mark the spool asks everybody to pause, at its quota it refuses, and refusing denies.
 */
export class Spool {
  readonly buffer: FrameBuffer;
  readonly segmentBytes: number;
  /** Recorded decisions by effect, since the process started. */
  readonly decisions = { permit: 0, hold: 0, deny: 0 };
  /** Recorders with an open segment. */
  readonly #writing = new Set<SessionRecorder>();
  /** Recorders that still have to write their end, because the disk refused it. */
  readonly #unfinished = new Set<SessionRecorder>();
  /** Segments, sealed ones too, of which the disk does not have all yet. */
  readonly #unsynced = new Set<SegmentFile>();
  /** Those among them with something that no page keeps: the disk should have it soon. */
  readonly #exposed = new Set<SegmentFile>();
  /** Recorders that broke and did not write their end yet: a page may hold what they still owe their segments. */
  readonly #broken = new Set<SessionRecorder>();
  readonly #pages: PageFile;
  /** Recorders that will flush before the turn is over. */
  #staged: SessionRecorder[] = [];
  /** Segments that took what pages hold which nobody uses any more, and how far each has to be on the disk before those may be used again. */
  readonly #owing = new Map<SegmentFile, number>();
  readonly #drainListeners: (() => void)[] = [];
  readonly #directoryFd: number;
  #directoryDirty = false;
  #stopped = false;
  #bytes = 0;
  #congested = false;
  #groupSync: NodeJS.Timeout | undefined;
  readonly #tick: NodeJS.Timeout;

  /** @throws when the folder cannot be used. */
  constructor(private readonly options: SpoolOptions) {
    this.segmentBytes = options.segmentBytes ?? 1024 * 1024;
    makePrivateDirectory(options.directory);
    this.#directoryFd = openSync(options.directory, 'r');
    this.#pages = new PageFile(options.directory, options.log);
    this.buffer = new FrameBuffer(contentBytes, ordinaryPages, this.#pages);
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
    if (this.waitsForDisk) fsyncSync(this.#directoryFd);
    else this.#directoryDirty = true;
    // No page has its header, without which what pages keep of it belongs nowhere.
    this.#unsynced.add(segment);
    this.#exposed.add(segment);
    this.#syncSoon();
    return segment;
  }

  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.options.maxBytes;
  }

  append(segment: SegmentFile, terms: AppendTerms, first: Uint8Array, rest?: Uint8Array): void {
    const length = first.length + (rest?.length ?? 0) - terms.counted;
    if (!terms.essential && !this.hasRoom(length)) throw new Error('the recording spool is full');
    segment.append(first, rest);
    this.#grow(length);
    this.#unsynced.add(segment);
    if (length === 0) return;
    this.#exposed.add(segment);
    this.#syncSoon();
  }

  /** Whether a flush is a wait for the disk. */
  get waitsForDisk(): boolean {
    return this.options.durability === 'fsync';
  }

  /** So many bytes are on a page, on their way to a segment. */
  kept(bytes: number): void {
    this.#grow(bytes);
    this.#syncSoon();
  }

  /** The recorder will flush before this turn of the event loop is over. */
  stage(recorder: SessionRecorder): void {
    if (this.#staged.push(recorder) === 1) atTurnEnd(this);
  }

  /** What recorders are about to flush waits for the disk once; a flush has nothing left to do then. */
  turnEnded(): void {
    const staged = this.#staged;
    this.#staged = [];
    for (const recorder of staged) recorder.publish();
    try {
      this.#pages.syncNow();
    } catch {
      // Each flush tries again, and fails for its own session.
    }
  }

  /** In `fsync` durability: blocks until the disk has the segment, and what pages keep of it. */
  settle(segment: SegmentFile): void {
    if (!this.waitsForDisk) return;
    this.#pages.syncNow();
    segment.syncNow();
    this.#unsynced.delete(segment);
    this.#exposed.delete(segment);
  }

  seal(recorder: SessionRecorder, segment: SegmentFile, last: boolean): void {
    this.#writing.delete(recorder);
    const path = segment.seal((error) => this.#broke(recorder.sessionId, error));
    this.#directoryDirty = true;
    this.options.onSealed({ sessionId: recorder.sessionId, index: segment.index, path, bytes: segment.size, last });
  }

  /** The recorder could not write its end; it is asked again until it can. */
  finishLater(recorder: SessionRecorder): void {
    this.#unfinished.add(recorder);
  }

  /** The recording has its end. */
  finished(recorder: SessionRecorder): void {
    this.#broken.delete(recorder);
  }

  failed(recorder: SessionRecorder, error: Error): void {
    this.#broken.add(recorder);
    this.#broke(recorder.sessionId, error);
  }

  /** Seals what is open and lets go of everything. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#tick);
    clearTimeout(this.#groupSync);
    for (const recorder of [...this.#writing]) recorder.sealSegment();
    if (this.#broken.size === 0) this.#pages.stop();
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

  #syncSoon(): void {
    this.#groupSync ??= setTimeout(() => this.#syncAll(), groupSyncMs);
  }

  /** One sync for all that was written meanwhile: bounds what a loss of power can take without slowing anybody. */
  #syncAll(): void {
    this.#groupSync = undefined;
    if (!this.#sync(this.#exposed)) this.#syncSoon();
    this.#pages.sync((error) => this.options.log.error({ error: error.message }, 'pages cannot be synced'));
    this.#recyclePages();
    if (!this.#directoryDirty) return;
    this.#directoryDirty = false;
    fsync(this.#directoryFd, (error) => {
      if (error && !this.#stopped)
        this.options.log.error({ error: error.message }, 'the spool folder cannot be synced');
    });
  }

  /** Starts what syncs it takes, and forgets what needs none any more. False: some have to be started again later. */
  #sync(segments: Set<SegmentFile>): boolean {
    let all = true;
    for (const segment of segments) {
      if (segment.synced >= segment.size) segments.delete(segment);
      else all = segment.sync((error) => this.#broke(segment.sessionId, error)) && all;
    }
    return all;
  }

  #sealOld(): void {
    // What was said after a segment was sealed, such as how a long exchange ended, begins the next.
    this.buffer.spillAll();
    this.#sync(this.#unsynced);
    this.#recyclePages();
    const before = performance.now() - (this.options.segmentAgeMs ?? 5000);
    for (const recorder of [...this.#writing]) recorder.sealIfOlder(before);
    for (const recorder of [...this.#unfinished]) {
      if (recorder.tryFinish()) this.#unfinished.delete(recorder);
    }
  }

  /** What is on pages that were given back is in its segments. They are free once the disk has the segments that took it. */
  #recyclePages(): void {
    for (const [segment, size] of this.#owing) if (segment.synced >= size) this.#owing.delete(segment);
    if (this.#owing.size > 0 || !this.#pages.recycle()) return;
    for (const segment of this.#unsynced) if (segment.synced < segment.size) this.#owing.set(segment, segment.size);
  }
}
