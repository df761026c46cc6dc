import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedDirectory } from './cached-directory.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { unprivileged } from './unprivileged.js';

export interface PostgresTemplate {
  /** An initialised data folder that no server ever runs on. */
  readonly data: string;
  readonly superuserPassword: string;
  readonly appPassword: string;
}

/** Bump when what the template holds changes. */
const revision = 1;

/** initdb takes a second and copying its result a tenth: one template per build, shared by every test process. */
export function postgresTemplate(binaries: PostgresBinaries): PostgresTemplate {
  const directory = cachedDirectory(`postgres-template-${binaries.build}-${revision}`, (draft) =>
    build(draft, binaries),
  );
  const [superuserPassword, appPassword] = readFileSync(join(directory, 'passwords'), 'utf8').split('\n') as [
    string,
    string,
  ];
  return { data: join(directory, 'data'), superuserPassword, appPassword };
}

function build(directory: string, binaries: PostgresBinaries): void {
  const owner = unprivileged();
  const passwords = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')] as const;
  writeFileSync(join(directory, 'passwords'), passwords.join('\n'), { mode: 0o600 });
  const data = join(directory, 'data');
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = join(directory, 'superuser-password');
  writeFileSync(passwordFile, passwords[0], { mode: 0o600 });
  if (owner.uid !== undefined) for (const path of [data, passwordFile]) chownSync(path, owner.uid, owner.uid);
  const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  run(binaries.initdb, ['-D', data, ...flags, `--pwfile=${passwordFile}`], '');
  const setUp = [
    `CREATE ROLE app LOGIN PASSWORD '${passwords[1]}'`,
    'CREATE DATABASE shop OWNER app STRATEGY wal_log',
    'ALTER DATABASE shop SET timezone TO UTC',
  ];
  // Single-user mode: no port, no socket, and it ends with its input.
  run(binaries.postgres, ['--single', '-D', data, 'postgres'], setUp.map((sql) => `${sql};\n`).join(''));
  rmSync(passwordFile);
  chmodSync(join(directory, 'passwords'), 0o600);
}

function run(program: string, args: readonly string[], input: string): void {
  const result = spawnSync(program, args, {
    ...unprivileged(),
    cwd: '/',
    encoding: 'utf8',
    input,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (result.error) throw result.error;
  // The single-user server reports a failed statement on stderr only.
  if (result.status !== 0 || /\b(ERROR|FATAL|PANIC):/.test(result.stderr)) {
    throw new Error(`${program} failed (${result.status}): ${result.stdout}${result.stderr}`);
  }
}
