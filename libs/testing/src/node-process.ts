import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const maxLogChars = 1 << 20;

/** One of the product's own processes, started as it is in production: from its build, by its environment. */
export class NodeProcess {
  #log = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    const keep = (chunk: Buffer): void => {
      this.#log = (this.#log + chunk.toString()).slice(-maxLogChars);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  static start(name: string, entry: string, env: Readonly<Record<string, string>>): NodeProcess {
    const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
    const inherited = { PATH, HOME, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) };
    const child = spawn(process.execPath, [entry], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = (): boolean => child.kill('SIGKILL');
    process.once('exit', stop);
    child.once('exit', () => process.off('exit', stop));
    return new NodeProcess(name, child);
  }

  get pid(): number {
    return this.child.pid!;
  }
  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
  get exitCode(): number | null {
    return this.child.exitCode;
  }
  /** Newest megabyte of what it printed. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when `probe` answers true. Rejects with the process's log when it exits or the deadline passes. */
  async ready(probe: () => Promise<boolean>, deadlineMs = 30_000): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (Date.now() < deadline) {
      if (!this.running) throw new Error(`${this.name} exited with ${this.child.exitCode}:\n${this.#log}`);
      if (await probe().catch(() => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.name} was not ready in ${deadlineMs} ms:\n${this.#log}`);
  }

  async exited(): Promise<number | null> {
    if (this.running) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (!this.running) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    const impatient = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(impatient);
  }
}
