import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@sallyport/testing';

/** A program of OpenSSH that runs, with what it has said so far. */
export class SshRun {
  stdout = '';
  stderr = '';
  /** Bytes on standard output. */
  received = 0;
  readonly #exit: Promise<unknown>;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      if (this.stdout.length < 1 << 20) this.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    this.#exit = once(child, 'close');
  }

  /** Rejects when it ends before. */
  says(what: string, where: 'stdout' | 'stderr' = 'stdout'): Promise<true> {
    return eventually(`ssh says ${what}`, async () => {
      if (this[where].includes(what)) return true;
      if (this.child.exitCode !== null) throw new Error(`ssh ended: ${this.stderr}`);
      return undefined;
    });
  }

  /** The id in the words of a held command. */
  approvalId(): Promise<string> {
    return eventually('words with an approval id', async () => {
      const id = /waiting for approval ([0-9a-f-]{36})/.exec(this.stderr)?.[1];
      if (!id && this.child.exitCode !== null) throw new Error(`ssh did not wait: ${this.stderr}`);
      return id;
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async done(): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
    const impatient = setTimeout(() => this.kill(), 60_000);
    await this.#exit;
    clearTimeout(impatient);
    return { code: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}
