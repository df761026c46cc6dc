import fs from 'node:fs';
import path from 'node:path';
import { CliError } from '../../exit-codes.js';
import { identify, waitForEnd, type ProcessIdentity } from '../process-identity.js';

/**
 * Ends a server that outlived a killed run. It is not adopted: its port and settings may not be the ones wanted now,
 * and a fast shutdown and a start cost less than a second.
 */
export async function stopLeftover(files: string): Promise<void> {
  const pid = postmasterPid(files);
  if (pid === undefined) return;
  if (runsOn(pid, files)) {
    await stopPostmaster(files);
  } else if (identify(pid)) {
    // Somebody else has this process id now. PostgreSQL would take them for its former self and refuse to start.
    fs.rmSync(path.join(files, 'postmaster.pid'), { force: true });
  }
}

/** Fast shutdown, then an immediate one, then by force. Resolves when the server has ended. */
export async function stopPostmaster(files: string): Promise<void> {
  const pid = postmasterPid(files);
  const postmaster = pid !== undefined && runsOn(pid, files) ? identify(pid) : undefined;
  if (!postmaster) return;
  for (const [signal, patienceMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ] as const) {
    if (await signalled(postmaster, signal, patienceMs)) return;
  }
  throw new CliError(`the PostgreSQL process ${postmaster.pid} does not end`);
}

async function signalled(target: ProcessIdentity, signal: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  return waitForEnd(target, patienceMs);
}

/** First line of postmaster.pid; the server removes the file when it ends in order. */
function postmasterPid(files: string): number | undefined {
  try {
    const pid = Number.parseInt(fs.readFileSync(path.join(files, 'postmaster.pid'), 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A postmaster's working directory is its data directory. */
function runsOn(pid: number, files: string): boolean {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(files);
  } catch {
    return false;
  }
}
