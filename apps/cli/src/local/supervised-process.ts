import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { CliError } from '../exit-codes.js';
import { openLog, tailOf, type LogFile } from './log-file.js';

export interface ProcessPlan {
  readonly log: LogFile;
  /** The script that Node runs. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Rejects while the process cannot serve. */
  readonly ready: () => Promise<unknown>;
  /** Told of every unexpected end and the restart that follows. */
  readonly onRestart: (message: string) => void;
}

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** After this long alive, the next failure counts as the first. */
const healthyMs = 60_000;

/** Secrets are in its memory: no core file, and no inspector at a signal. */
const closed = 'ulimit -c 0; exec "$0" --disable-sigusr1 "$1"';

/** One process of ours, kept running until it is stopped. It sees its standard input end when we are gone. */
export class SupervisedProcess {
  readonly #plan: ProcessPlan;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #delayMs = firstDelayMs;
  #stopping = false;

  private constructor(plan: ProcessPlan) {
    this.#plan = plan;
  }

  /** Resolves once it is ready. Throws CliError with the end of its log when it ends before that. */
  static async start(plan: ProcessPlan): Promise<SupervisedProcess> {
    if (!fs.existsSync(plan.script)) {
      throw new CliError(
        `${plan.log.name} is not built: ${path.resolve(plan.script)} is missing; run \`npm start\` once`,
      );
    }
    const supervised = new SupervisedProcess(plan);
    const child = supervised.#spawn();
    try {
      await untilReady(plan, child);
    } catch (error) {
      await supervised.stop();
      throw error;
    }
    supervised.#watch(child);
    return supervised;
  }

  /** Asks it to end, and makes it end when it does not. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    child.stdin?.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  }

  #spawn(): ChildProcess {
    const log = openLog(this.#plan.log);
    const child = spawn('/bin/sh', ['-c', closed, process.execPath, this.#plan.script], {
      env: { ...process.env, ...this.#plan.env, SALLYPORT_PARENT_WATCH: '1' },
      stdio: ['pipe', log, log],
      // Out of the terminal's process group: Ctrl-C ends `up`, which ends everything in order.
      detached: true,
    });
    fs.closeSync(log);
    child.on('error', () => undefined); // followed by no exit event; `hasEnded` sees that there is no process
    child.stdin?.on('error', () => undefined); // it ended before we closed the pipe
    this.#child = child;
    return child;
  }

  #watch(child: ChildProcess): void {
    const startedAt = Date.now();
    const ended = (): void => {
      if (this.#stopping) return;
      if (Date.now() - startedAt > healthyMs) this.#delayMs = firstDelayMs;
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      this.#plan.onRestart(`${this.#plan.log.name} ended (${how}); starting it again in ${this.#delayMs / 1000} s`);
      this.#restart = setTimeout(() => this.#watch(this.#spawn()), this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
    };
    if (hasEnded(child)) ended();
    else child.once('exit', ended);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function untilReady(plan: ProcessPlan, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    try {
      await plan.ready();
      return;
    } catch (error) {
      const { name } = plan.log;
      if (hasEnded(child)) throw new CliError(`${name} ended while starting`, 1, tailOf(plan.log));
      if (Date.now() > deadline) {
        throw new CliError(`${name} is not ready: ${(error as Error).message}`, 1, tailOf(plan.log));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
