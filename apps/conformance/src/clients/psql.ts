import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@sallyport/testing';

export interface PsqlTarget {
  readonly port: number;
  readonly caFile: string;
  readonly token: string;
  readonly resource?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly sslmode?: string;
}

export interface PsqlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A psql that runs, with what it has said so far. */
export class Psql {
  stdout = '';
  stderr = '';
  readonly #child;
  readonly #exit: Promise<unknown>;

  constructor(target: PsqlTarget, args: readonly string[]) {
    const conninfo = [
      'host=127.0.0.1',
      `port=${target.port}`,
      `dbname=${target.resource ?? 'shop'}`,
      'user=anyone',
      `sslmode=${target.sslmode ?? 'verify-ca'}`,
      `sslrootcert=${target.caFile}`,
    ].join(' ');
    this.#child = spawn('psql', ['-X', '-v', 'VERBOSITY=verbose', ...args, conninfo], {
      env: {
        PATH: process.env['PATH'],
        PGPASSWORD: target.token,
        PGCONNECT_TIMEOUT: '10',
        LC_ALL: 'C.UTF-8',
        ...target.env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#exit = once(this.#child, 'close');
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** The id in the NOTICE of a held statement. */
  approvalId(): Promise<string> {
    return eventually('a NOTICE with an approval id', async () => {
      const id = /waiting for approval ([0-9a-f-]{36})/.exec(this.stderr)?.[1];
      if (!id && this.#child.exitCode !== null) throw new Error(`psql did not wait: ${this.stderr}`);
      return id;
    });
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async done(): Promise<PsqlResult> {
    this.#child.stdin.end();
    const impatient = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
    await this.#exit;
    clearTimeout(impatient);
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs one `psql -c` per command, in one session. Rows come unaligned, separated by `|`. */
export function psql(target: PsqlTarget, ...commands: readonly string[]): Promise<PsqlResult> {
  return new Psql(target, ['-At', ...commands.flatMap((command) => ['-c', command])]).done();
}
