import { execFile, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { CliError } from '../../exit-codes.js';
import { openLog, tailOf } from '../log-file.js';
import { randomSecret, storedSecret } from '../private-file.js';
import { stopLeftover, stopPostmaster } from './leftover.js';
import { clusterHome, postgresBinaries, type PostgresBinaries } from './placement.js';
import { unprivileged } from './unprivileged.js';

export interface ClusterOptions {
  /** The data directory of `up`. */
  readonly data: string;
  /** Folder, log and password file are named after it. */
  readonly name: string;
  readonly port: number;
}

export interface Cluster {
  /** As the cluster's superuser, with the password in it. */
  url(database: string): string;
  /** Resolves when the server has ended by itself or was stopped. */
  readonly ended: Promise<void>;
  /** Fast shutdown: clients are cut, data is safe. Idempotent. */
  stop(): Promise<void>;
}

const superuser = 'sallyport';
const startTimeoutMs = 60_000;

/**
 * Ends the server when our end of the pipe closes, however we ended; and ends itself with the server. Waiting for the
 * server keeps its process id from being used again before the watching stops.
 */
const guard = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** Makes the cluster on first use, ends what a killed run left of it, starts it and waits until it answers. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const binaries = postgresBinaries();
  const home = clusterHome(options.data, options.name);
  const files = path.join(home, 'data');
  const password = storedSecret(path.join(options.data, `${options.name}.password`), randomSecret);
  if (!fs.existsSync(path.join(files, 'PG_VERSION'))) await initialise(binaries, home, password);
  await stopLeftover(files);
  const server = launch(binaries, files, options);
  const url = (database: string): string => `postgres://${superuser}:${password}@127.0.0.1:${options.port}/${database}`;
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  // The pipe is of no use once the server has ended, and would keep the watcher's read pending.
  void ended.then(() => server.stdin?.destroy());
  const cluster = { url, ended, stop: stopper(server, ended, files) };
  try {
    await untilAnswering(url('postgres'), ended);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw new CliError(`${options.name}: PostgreSQL did not start: ${(error as Error).message}`, 1, tailOf(options));
  }
}

/** Made beside its place and moved there whole, so that an interrupted start leaves nothing half-made behind. */
async function initialise(binaries: PostgresBinaries, home: string, password: string): Promise<void> {
  const unfinished = path.join(home, 'unfinished');
  const passwordFile = path.join(home, 'initial-password');
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.rmSync(path.join(home, 'data'), { recursive: true, force: true });
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const { uid, gid } = unprivileged();
  if (uid !== undefined) fs.chownSync(passwordFile, uid, gid!);
  const flags = ['-D', unfinished, '-U', superuser, `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C'];
  try {
    const options = { ...unprivileged(), cwd: '/', env: environment() };
    await promisify(execFile)(binaries.initdb, [...flags, '--auth=scram-sha-256', '--no-instructions'], options);
  } catch (error) {
    const reason = (error as Error).message.trim().split('\n').slice(-10);
    throw new CliError(`initialising PostgreSQL in ${home} failed`, 1, reason);
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
  fs.renameSync(unfinished, path.join(home, 'data'));
}

function launch(binaries: PostgresBinaries, files: string, options: ClusterOptions): ChildProcess {
  const settings = {
    port: String(options.port),
    listen_addresses: '127.0.0.1',
    // Any local user could connect to a socket in a shared folder, and TCP with a password is enough.
    unix_socket_directories: '',
    logging_collector: 'off',
    shared_buffers: '64MB',
    password_encryption: 'scram-sha-256',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openLog(options);
  const child = spawn('/bin/sh', ['-c', guard, 'sh', binaries.postgres, '-D', files, ...flags], {
    ...unprivileged(),
    cwd: '/',
    env: environment(),
    stdio: ['pipe', log, log],
    // Out of the terminal's process group: Ctrl-C ends `up`, which ends everything in order.
    detached: true,
  });
  fs.closeSync(log);
  return child;
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

function stopper(server: ChildProcess, ended: Promise<void>, files: string): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (server.pid === undefined) return;
    server.stdin?.end();
    await Promise.race([ended, stopPostmaster(files)]);
    await ended;
  };
  return () => (stopping ??= stop());
}

/** Throws when the server ends, refuses our password, or does not answer in time. */
async function untilAnswering(url: string, ended: Promise<void>): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  const early = ended.then(() => {
    throw new Error('it ended at once');
  });
  for (;;) {
    const failure = await Promise.race([connectionFailure(url), early]);
    if (failure === undefined) return;
    if (failure.code?.startsWith('28')) throw failure;
    if (Date.now() > deadline) throw new Error(`no answer in time: ${failure.message}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function connectionFailure(url: string): Promise<NodeJS.ErrnoException | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A connection that the server cuts while it starts also emits an error; `connect` has reported it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
