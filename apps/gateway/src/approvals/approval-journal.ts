import { closeSync, fdatasyncSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { writePrivateFile } from '../private-files.js';

const outcome = z.enum(['completed', 'failed', 'unknown']);
const entry = z.discriminatedUnion('op', [
  z.object({ op: z.literal('claim'), id: z.string() }),
  z.object({ op: z.literal('outcome'), id: z.string(), outcome, detail: z.string() }),
  z.object({ op: z.literal('abandon'), id: z.string(), reason: z.string() }),
  z.object({ op: z.literal('done'), id: z.string() }),
]);
type Entry = z.infer<typeof entry>;

/** What the control plane still has to be told about an approval. */
export type ApprovalReport = Extract<Entry, { op: 'outcome' | 'abandon' }>;

const compactAbove = 1024 * 1024;

/**
 * What became of approvals, kept until the control plane has acknowledged it. A claim is on the disk before it is sent, so
 * that after a crash it is reported as unknown instead of being forgotten.
 */
export class ApprovalJournal {
  /** By approval id: the claim without an outcome yet, or the report that is to be delivered. */
  readonly #open = new Map<string, Entry>();
  #fd: number;

  /** @throws when the file cannot be used. */
  constructor(private readonly file: string) {
    this.#replay();
    this.#fd = this.#compact();
  }

  /** Reports that wait for their acknowledgement. */
  get reports(): ApprovalReport[] {
    return [...this.#open.values()].filter(
      (open): open is ApprovalReport => open.op === 'outcome' || open.op === 'abandon',
    );
  }

  /** On the disk when it returns. Throws when it is not: then the claim must not be made. */
  claim(id: string): void {
    this.#write({ op: 'claim', id });
    fdatasyncSync(this.#fd);
  }

  keep(report: ApprovalReport): void {
    this.#write(report);
  }

  done(id: string): void {
    if (!this.#open.has(id)) return;
    this.#write({ op: 'done', id });
    if (fstatSync(this.#fd).size > compactAbove) {
      closeSync(this.#fd);
      this.#fd = this.#compact();
    }
  }

  close(): void {
    fdatasyncSync(this.#fd);
    closeSync(this.#fd);
  }

  #write(line: Entry): void {
    this.#apply(line);
    writeSync(this.#fd, `${JSON.stringify(line)}\n`);
  }

  #apply(line: Entry): void {
    if (line.op === 'done') this.#open.delete(line.id);
    else this.#open.set(line.id, line);
  }

  #replay(): void {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    for (const line of text.split('\n')) {
      const parsed = readEntry(line);
      if (parsed) this.#apply(parsed);
    }
    for (const { op, id } of [...this.#open.values()]) {
      if (op !== 'claim') continue;
      this.#apply({
        op: 'outcome',
        id,
        outcome: 'unknown',
        detail: 'the gateway stopped before the outcome was known',
      });
    }
  }

  #compact(): number {
    writePrivateFile(this.file, [...this.#open.values()].map((line) => `${JSON.stringify(line)}\n`).join(''));
    return openSync(this.file, 'a', 0o600);
  }
}

/** A line cut off by a crash was never acted on. */
function readEntry(line: string): Entry | undefined {
  try {
    return entry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
