import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CurlResult {
  readonly code: number | null;
  /** Of the last answer; 0: there was none. */
  readonly status: number;
  /** `1.1` or `2`. */
  readonly version: string;
  readonly headers: string;
  readonly body: Buffer;
  readonly stderr: string;
}

/** A curl that runs. */
export class Curl {
  readonly #out: Buffer[] = [];
  #stderr = '';
  readonly #child;
  readonly #exit: Promise<unknown>;

  constructor(caFile: string, args: readonly string[]) {
    this.#child = spawn('curl', ['-q', '-sS', '-D', '-', '--path-as-is', '--cacert', caFile, '-m', '60', ...args], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#out.push(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#exit = once(this.#child, 'close');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async done(): Promise<CurlResult> {
    await this.#exit;
    const out = Buffer.concat(this.#out);
    const end = out.indexOf('\r\n\r\n');
    const headers = out.toString('latin1', 0, Math.max(0, end));
    const [, version = '', status = '0'] = /^HTTP\/([\d.]+) (\d+)/.exec(headers) ?? [];
    const body = end < 0 ? Buffer.alloc(0) : out.subarray(end + 4);
    return { code: this.#child.exitCode, status: Number(status), version, headers, body, stderr: this.#stderr };
  }
}
