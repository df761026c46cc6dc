import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { JournalBatch } from './journal-format.js';

/** Two files take turns: what one holds is needed until the disk has the segments that it belongs to. */
export const journalFiles = ['journal.0', 'journal.1'] as const;

/** What is larger goes to its segment by itself. Bytes. */
export const maxPieceBytes = 2 * 1024;
const batchBytes = 128 * 1024;
/** So much at most in each file; sessions write to their segments by themselves while it is full. */
const maxFileBytes = 32 * 1024 * 1024;

/**
 * What several sessions have to record at the same moment, in one write. It lies here until it has reached the segments,
 * a second later; only recovery ever reads it. Losing the journal's write is no failure: whoever asked writes to its own
 * segment then, and fails if that fails.
 */
export class Journal {
  readonly #batch = new JournalBatch(batchBytes);
  #files: { readonly fd: number; size: number }[] | undefined;
  #active = 0;
  #dirty = false;
  #syncing = false;

  /** @param durable whether each write waits for the disk */
  constructor(
    private readonly directory: string,
    private readonly durable: boolean,
  ) {}

  /** Whether the active file holds anything. */
  get used(): boolean {
    return this.#files !== undefined && this.#files[this.#active]!.size > 0;
  }

  get syncing(): boolean {
    return this.#syncing;
  }

  /** Adds to the batch that `commit` writes. False: there is no room, and nothing was added. */
  add(id: Uint8Array, index: number, offset: number, bytes: Uint8Array): boolean {
    return bytes.length <= maxPieceBytes && this.#batch.add(id, index, offset, bytes);
  }

  /** True once the operating system, or with `durable` the disk, has the batch. False: it is as if it had never been. */
  commit(): boolean {
    const bytes = this.#batch.finish();
    try {
      this.#files ??= journalFiles.map((name) => ({ fd: openSync(join(this.directory, name), 'w', 0o600), size: 0 }));
      const file = this.#files[this.#active]!;
      if (file.size + bytes.length > maxFileBytes) return false;
      // At a position: what an earlier attempt left behind the last whole batch is overwritten.
      if (writeSync(file.fd, bytes, 0, bytes.length, file.size) < bytes.length) return false;
      if (this.durable) fdatasyncSync(file.fd);
      file.size += bytes.length;
      this.#dirty = !this.durable;
      return true;
    } catch {
      return false;
    }
  }

  /** Starts a sync unless one is under way. `failed` is called when the disk refuses. */
  sync(failed: (error: Error) => void): void {
    const file = this.#files?.[this.#active];
    if (!file || !this.#dirty || this.#syncing) return;
    this.#dirty = false;
    this.#syncing = true;
    fdatasync(file.fd, (error) => {
      this.#syncing = false;
      if (error && this.#files) failed(error);
    });
  }

  /** Goes on in the other file. What that one held must be in its segments, on the disk, by now. Throws when it cannot be emptied. */
  rotate(): void {
    if (!this.#files) return;
    const next = 1 - this.#active;
    const file = this.#files[next]!;
    if (file.size > 0) ftruncateSync(file.fd, 0);
    file.size = 0;
    this.#active = next;
    this.#dirty = false;
  }

  /** Everything is in its segments: the files go. */
  stop(): void {
    for (const [at, name] of journalFiles.entries()) {
      if (!this.#files) return;
      closeSync(this.#files[at]!.fd);
      rmSync(join(this.directory, name), { force: true });
    }
    this.#files = undefined;
  }
}
