import { closeSync, fdatasync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sessionIdBytes, type KeptPage, type KeptPages } from '@sallyport/recording';
import type { Logger } from '../logger.js';
import { mapFile } from './mapped-memory.js';
import {
  bootId,
  checkpointWords,
  contentBytes,
  encodeHead,
  headBytes,
  lengthWord,
  pageHeadBytes,
  pageStride,
  sessionIdAt,
} from './page-format.js';

export const pageFile = 'pages';

/** So many pages are added at a time, when there are none left, and so many there are at most. */
const pagesAtOnce = 64;
const mostPages = 512;
const zeros = Buffer.alloc(4096);

/**
 * Pages for what sessions record, in memory that is a file: what is on them survives the process without any system call.
 * Only recovery ever reads the file. Where there is no such memory there are no pages, and sessions write to their segments.
 */
export class PageFile implements KeptPages {
  #fd: number | undefined;
  #pages = 0;
  /** There will be no more pages than there are. */
  #complete = false;
  #free: FilePage[] = [];
  /** Given back since the last call of `recycle`, and before it. */
  #left: FilePage[] = [];
  #leaving: FilePage[] = [];
  #dirty: FilePage[] = [];
  #syncing = false;

  constructor(
    private readonly directory: string,
    private readonly log: Logger,
  ) {}

  take(sessionId: string): KeptPage | undefined {
    if (this.#free.length === 0 && !this.#complete) this.#extend();
    const page = this.#free.pop();
    page?.begin(sessionId);
    return page;
  }

  /** Starts a sync unless one is under way. `failed` is called when the disk refuses. */
  sync(failed: (error: Error) => void): void {
    if (this.#fd === undefined || this.#syncing || this.#dirty.length === 0) return;
    this.#syncing = true;
    this.#check();
    fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      if (error && this.#fd !== undefined) failed(error);
    });
  }

  /** Blocks until the disk has all that was published. Throws when it does not. */
  syncNow(): void {
    if (this.#fd === undefined) return;
    // The checkpoints take turns: the disk has to have one before the other is written.
    if (this.#syncing) fdatasyncSync(this.#fd);
    if (this.#dirty.length === 0) return;
    const dirty = this.#dirty;
    this.#check();
    try {
      fdatasyncSync(this.#fd);
    } catch (error) {
      for (const page of dirty) this.published(page);
      throw error;
    }
  }

  /**
   * Pages given back before the last call are free again: the disk has the segments that took what they hold. True: others
   * wait for the next call, and for the segments that have something now.
   */
  recycle(): boolean {
    for (const page of this.#leaving) this.#free.push(page);
    this.#leaving = this.#left;
    this.#left = [];
    return this.#leaving.length > 0;
  }

  /** Everything is in its segments: the file goes. */
  stop(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    rmSync(join(this.directory, pageFile), { force: true });
    this.#fd = undefined;
    this.#complete = true;
    this.#free = [];
  }

  /** From a page: there is something to sync. */
  published(page: FilePage): void {
    if (page.dirty) return;
    page.dirty = true;
    this.#dirty.push(page);
  }

  /** From a page: its writer has left it. */
  left(page: FilePage): void {
    this.#left.push(page);
  }

  #check(): void {
    for (const page of this.#dirty) page.check();
    this.#dirty = [];
  }

  #extend(): void {
    try {
      const fd = (this.#fd ??= this.#open());
      const start = headBytes + this.#pages * pageStride;
      const size = pagesAtOnce * pageStride;
      // With all its blocks: memory cannot say that the disk is full, it would end the process. In small pieces: what is
      // written in one call becomes one unit in the kernel's memory, to be walked through by the first store after a sync,
      // and to be written as a whole by the next one.
      for (let at = 0; at < size;) at += writeSync(fd, zeros, 0, zeros.length, start + at);
      const memory = mapFile(fd, start, size);
      for (let at = size - pageStride; at >= 0; at -= pageStride) this.#free.push(new FilePage(this, memory, at));
      this.#pages += pagesAtOnce;
      this.#complete = this.#pages >= mostPages;
    } catch (error) {
      this.#complete = true;
      const { message } = error as Error;
      if (this.#pages > 0)
        return this.log.warn({ error: message }, 'no more pages for recording: a write for each exchange beyond');
      this.log.warn({ error: message }, 'recording without mapped memory: a write for each exchange');
      this.stop();
    }
  }

  #open(): number {
    const boot = bootId();
    const fd = openSync(join(this.directory, pageFile), 'w+', 0o600);
    writeSync(fd, encodeHead(boot), 0, headBytes, 0);
    return fd;
  }
}

class FilePage implements KeptPage {
  readonly bytes: Buffer;
  dirty = false;
  readonly #head: Buffer;
  readonly #words: Uint32Array;
  #length = 0;
  /** Of so much of the content, and its checksum. */
  #checked = 0;
  #crc = 0;
  /** The checkpoint to be written next: the disk has the other one. */
  #turn = 0;

  constructor(
    private readonly file: PageFile,
    memory: ArrayBuffer,
    at: number,
  ) {
    this.#head = Buffer.from(memory, at, pageHeadBytes);
    this.#words = new Uint32Array(memory, at, pageHeadBytes / 4);
    this.bytes = Buffer.from(memory, at + pageHeadBytes, contentBytes);
  }

  begin(sessionId: string): void {
    // Whose it was counts no more before it is somebody else's.
    this.#words.fill(0);
    this.#length = 0;
    this.#checked = 0;
    const id = sessionIdBytes(sessionId);
    this.#crc = crc32(id);
    this.#head.set(id, sessionIdAt);
  }

  publish(length: number): void {
    this.#words[lengthWord] = length;
    this.#length = length;
    this.file.published(this);
  }

  leave(): void {
    this.file.left(this);
  }

  /** Says in a checkpoint how much there is. The disk must have the one before, or have refused it. */
  check(): void {
    this.dirty = false;
    const word = checkpointWords[this.#turn]!;
    this.#turn = 1 - this.#turn;
    this.#crc = crc32(this.bytes.subarray(this.#checked, this.#length), this.#crc);
    this.#checked = this.#length;
    this.#words[word + 1] = this.#crc;
    this.#words[word] = this.#length;
  }
}
