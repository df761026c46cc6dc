import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { encodeSegmentHeader, segmentHeaderBytes, sessionIdBytes } from '@sallyport/recording';
import { segmentFile } from './segment-names.js';

/** The segment that a session is writing now. */
export class SegmentFile {
  readonly openedAt = performance.now();
  /** The session's id as 16 bytes. */
  readonly id: Buffer;
  readonly #fd: number;
  readonly #path: string;
  #size: number;
  /** So much of it the disk has, or has refused. */
  #synced = 0;
  #dirty = true;
  #syncing = false;
  #sealed = false;

  /** @throws when the file cannot be made or its header cannot be written. */
  constructor(
    private readonly directory: string,
    readonly sessionId: string,
    readonly index: number,
  ) {
    this.id = sessionIdBytes(sessionId);
    this.#path = join(directory, segmentFile({ sessionId, index, state: 'open' }));
    this.#fd = openSync(this.#path, 'wx', 0o600);
    this.#size = 0;
    try {
      this.append(encodeSegmentHeader(sessionId, index));
    } catch (error) {
      closeSync(this.#fd);
      rmSync(this.#path, { force: true });
      throw error;
    }
  }

  /** Bytes, the header included. */
  get size(): number {
    return this.#size;
  }

  get empty(): boolean {
    return this.#size <= segmentHeaderBytes;
  }

  /** Bytes from the start that no sync has to wait for any more. */
  get synced(): number {
    return this.#synced;
  }

  /** All or nothing: after a failure the file ends where it ended before. Throws what the system said. */
  append(first: Uint8Array, rest?: Uint8Array): void {
    const total = first.length + (rest?.length ?? 0);
    try {
      // One piece costs less by the plain call, and is what there is nearly always.
      const written = rest ? writevSync(this.#fd, [first, rest]) : writeSync(this.#fd, first, 0, first.length);
      // A short write is how a nearly full disk begins to say no; the next one says it.
      if (written < total) this.#writeRest(rest ? [first, rest] : [first], written);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    this.#size += total;
    this.#dirty = true;
  }

  /** Blocks until the disk has it. Throws when it does not. */
  syncNow(): void {
    if (!this.#dirty) return;
    fdatasyncSync(this.#fd);
    this.#dirty = false;
    this.#synced = this.#size;
  }

  /**
   * Starts a sync of all there is now; `failed` is called when the disk refuses. False: an earlier one is still under way,
   * and does not cover all.
   */
  sync(failed: (error: Error) => void): boolean {
    if (!this.#dirty) return true;
    if (this.#syncing) return false;
    this.#syncing = true;
    this.#dirty = false;
    const size = this.#size;
    fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      this.#synced = size;
      if (error) failed(error);
      if (this.#sealed) this.#finish(failed);
    });
    return true;
  }

  /** Gives the file its final name and lets go of it once the disk has it. Returns its path. Throws when it cannot be renamed. */
  seal(failed: (error: Error) => void): string {
    const sealed = join(this.directory, segmentFile({ ...this, state: 'sealed' }));
    renameSync(this.#path, sealed);
    this.#sealed = true;
    if (!this.#syncing) this.#finish(failed);
    return sealed;
  }

  #finish(failed: (error: Error) => void): void {
    if (this.#dirty) this.sync(failed);
    else closeSync(this.#fd);
  }

  #writeRest(parts: Uint8Array[], written: number): void {
    let left = after(parts, written);
    while (left.length > 0) left = after(left, writevSync(this.#fd, left));
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      // The reader stops at the incomplete frame; the recording is marked as failed by whoever called.
    }
  }
}

function after(parts: Uint8Array[], written: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  for (const part of parts) {
    if (written < part.length) left.push(part.subarray(written));
    written = Math.max(0, written - part.length);
  }
  return left;
}
