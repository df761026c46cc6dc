import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { issueServerCertificate, makeAuthority } from './certificates.js';
import { freePort } from './free-port.js';
import { postgresBinaries, type PostgresBinaries, type PostgresVersion } from './postgres-binaries.js';
import { postgresTemplate } from './postgres-template.js';
import { unprivileged } from './unprivileged.js';

export interface PostgresOptions {
  readonly version?: PostgresVersion;
  /** Serve TLS, with a certificate for localhost and 127.0.0.1. Plain connections stay possible. */
  readonly tls?: boolean;
  /** Settings as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly maxConnections?: number;
}

/** A real server with an empty database `shop`, owned by the ordinary role `app`. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** As `app`. */
  readonly url: string;
  /** As the superuser `postgres`, on the same database. */
  readonly adminUrl: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string;
  readonly version: PostgresVersion;
  readonly pid: number;
  /** What the server logged, newest eight megabytes: with `log_statement` set to `all` a witness of what reached it. */
  log(): string;
  /** Ends every connection and removes the data. Idempotent. */
  stop(): Promise<void>;
}

const startDeadlineMs = 60_000;
const maxLogChars = 8 << 20;
const quickAndUnsafe = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  jit: 'off',
  shared_buffers: '32MB',
};

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const version = options.version ?? '18';
  const binaries = postgresBinaries(version);
  const template = postgresTemplate(binaries);
  const directory = mkdtempSync(join(tmpdir(), `sallyport-postgres-${version}-`));
  try {
    own(directory);
    const data = join(directory, 'data');
    copyAsOwner(template.data, data);
    const ca = options.tls ? await writeCertificate(directory) : undefined;
    const settings: Record<string, string> = {
      ...quickAndUnsafe,
      max_connections: String(options.maxConnections ?? 50),
      ...(ca && {
        ssl: 'on',
        ssl_cert_file: join(directory, 'server.crt'),
        ssl_key_file: join(directory, 'server.key'),
      }),
      ...options.settings,
    };
    const running = await startOnFreePort(binaries, data, settings);
    const url = (user: string, password: string): string =>
      `postgres://${user}:${password}@127.0.0.1:${running.port}/shop`;
    return {
      host: '127.0.0.1',
      port: running.port,
      user: 'app',
      password: template.appPassword,
      database: 'shop',
      url: url('app', template.appPassword),
      adminUrl: url('postgres', template.superuserPassword),
      ca,
      version,
      pid: running.process.pid!,
      log: running.log,
      stop: stopper(running.process, directory),
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

interface RunningServer {
  readonly process: ChildProcess;
  readonly port: number;
  readonly log: () => string;
}

async function startOnFreePort(
  binaries: PostgresBinaries,
  data: string,
  settings: Record<string, string>,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return await start(binaries, data, { ...settings, port: String(port) });
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

function start(binaries: PostgresBinaries, data: string, settings: Record<string, string>): Promise<RunningServer> {
  const fixed = { listen_addresses: '127.0.0.1', unix_socket_directories: '', logging_collector: 'off' };
  const flags = Object.entries({ ...settings, ...fixed }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Its own process group: Ctrl-C in a terminal ends the tests, which then end the server.
  const child = spawn(binaries.postgres, ['-D', data, ...flags], {
    ...unprivileged(),
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let log = '';
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(deadline);
      child.kill('SIGKILL');
      reject(new Error(`PostgreSQL did not start: ${reason}\n${log}`));
    };
    const deadline = setTimeout(() => fail(`not ready within ${startDeadlineMs} ms`), startDeadlineMs);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? code}`));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-maxLogChars);
      if (!log.includes('ready to accept connections')) return;
      clearTimeout(deadline);
      resolve({ process: child, port: Number(settings['port']), log: () => log });
    });
  });
}

/** Also cleans up when this process dies without a word: the pipe to the watchdog closes whatever the reason. */
function stopper(child: ChildProcess, directory: string): () => Promise<void> {
  const script = [
    'cat >/dev/null',
    'pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && while kill -0 "$pid"; do sleep 0.1; done',
    'rm -rf "$1"',
  ].join('\n');
  const watchdog = spawn('sh', ['-c', script, 'sh', directory], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A test that forgets to stop its server must fail by its assertions, not hang the runner.
  for (const handle of [watchdog, watchdog.stdin as unknown as Socket, child, child.stderr as unknown as Socket])
    handle.unref();
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.ref();
      child.kill('SIGINT'); // fast shutdown
      const deadline = setTimeout(() => child.kill('SIGQUIT'), 5000); // immediate shutdown
      await ended;
      clearTimeout(deadline);
    }
    const cleaned = new Promise((resolve) => watchdog.once('exit', resolve));
    watchdog.ref();
    watchdog.stdin.end();
    await cleaned;
  };
  return () => (stopping ??= stop());
}

function own(path: string): void {
  const { uid } = unprivileged();
  if (uid !== undefined) chownSync(path, uid, uid);
}

/** `cp` run by the owner: Node's own copy would leave the files to root. */
function copyAsOwner(from: string, to: string): void {
  const result = spawnSync('cp', ['-a', from, to], { ...unprivileged(), cwd: '/', encoding: 'utf8' });
  if (result.status !== 0) throw result.error ?? new Error(`copying the template failed: ${result.stderr}`);
}

async function writeCertificate(directory: string): Promise<string> {
  const authority = await makeAuthority();
  const { certificate, privateKey } = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
  for (const [name, text] of [
    ['server.crt', certificate],
    ['server.key', privateKey],
  ] as const) {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    own(join(directory, name));
  }
  return authority.certificate;
}
