import fs from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { CliError, exitCodes } from '../exit-codes.js';
import { writePrivateFile } from './private-file.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

/** How long a start waits for the former holder: long enough for one that just noticed that its parent was killed. */
const patienceMs = 3000;
const stoppingPatienceMs = 30_000;

interface Holder extends ProcessIdentity {
  readonly stopping: boolean;
}

/** One `up` per data directory. Held by a process, not by a file: what a killed process left behind does not count. */
export class InstanceLock {
  readonly #file: string;
  private constructor(file: string) {
    this.#file = file;
  }

  /** Throws CliError when another one is running on this directory. */
  static async acquire(data: string, waitMs = patienceMs): Promise<InstanceLock> {
    const file = path.join(data, 'up.lock');
    const since = Date.now();
    for (;;) {
      if (tryCreate(file)) return new InstanceLock(file);
      const holder = readHolder(file);
      if (!holder || !isAlive(holder)) {
        removeStale(file, holder);
        continue;
      }
      if (Date.now() - since > (holder.stopping ? stoppingPatienceMs : waitMs)) throw alreadyRunning(data, holder);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Says that the end has begun, so that a next start waits for it. */
  stopping(): void {
    writePrivateFile(this.#file, JSON.stringify({ ...self(), stopping: true } satisfies Holder));
  }

  release(): void {
    fs.rmSync(this.#file, { force: true });
  }
}

function alreadyRunning(data: string, holder: Holder): CliError {
  return new CliError(
    `already running on ${data} as process ${holder.pid}; stop that one first, or give another --data DIR`,
    exitCodes.conflict,
  );
}

function self(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity) throw new CliError('/proc is not readable, and without it nothing keeps a second start out');
  return identity;
}

/** link(2) fails when the name exists, and makes the whole content visible at once. */
function tryCreate(file: string): boolean {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  fs.writeFileSync(own, JSON.stringify({ ...self(), stopping: false } satisfies Holder), { mode: 0o600 });
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** Moves the file away first, so that of several starts only one removes it, and none removes a fresh one. */
function removeStale(file: string, expected: Holder | undefined): void {
  const moved = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    fs.renameSync(file, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const found = readHolder(moved);
  const fresh = found && isAlive(found) && (found.pid !== expected?.pid || found.startedAt !== expected.startedAt);
  if (fresh) fs.renameSync(moved, file);
  else fs.rmSync(moved, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Holder>;
    if (!Number.isInteger(holder.pid) || typeof holder.startedAt !== 'string') return undefined;
    return { pid: holder.pid!, startedAt: holder.startedAt, stopping: holder.stopping === true };
  } catch {
    return undefined;
  }
}
