import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** A real OpenSSH server on loopback, for the account that runs the tests. */
export interface SshServer {
  readonly port: number;
  readonly folder: string;
  readonly username: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** The private key that it lets in. */
  readonly privateKey: string;
  /** All that it said so far; with `LogLevel VERBOSE` each connection. */
  log(): string;
  /** Ends it and every connection that it serves, without a goodbye. */
  kill(): void;
  /** Listens again, on the same port, after it was killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param extra lines of sshd_config(5), which count only where nothing before says otherwise */
export async function startSshServer(extra: readonly string[] = []): Promise<SshServer> {
  const binary = '/usr/sbin/sshd';
  if (!existsSync(binary)) throw new Error('sshd is missing: apt-get install openssh-server');
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-sshd-'));
  const { username, uid } = userInfo();
  makeSshKey(join(folder, 'host'));
  makeSshKey(join(folder, 'user'));
  copyFileSync(join(folder, 'user.pub'), join(folder, 'authorized_keys'));
  // Where sshd separates its privileges; it refuses to start without.
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  writeFileSync(join(folder, 'config'), `${configuration(folder, port, extra).join('\n')}\n`);
  const start = async (): Promise<ChildProcess> => {
    const args = ['-D', '-E', join(folder, 'log'), '-f', join(folder, 'config')];
    const child = spawn(binary, args, { stdio: 'ignore' });
    await reachable(port, child);
    return child;
  };
  let server = await start();
  const kill = (): void => killAll(server.pid!);
  process.once('exit', kill);
  return {
    port,
    folder,
    username,
    hostKey: publicKeyOf(join(folder, 'host')),
    privateKey: readFileSync(join(folder, 'user'), 'utf8'),
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
    kill,
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      process.off('exit', kill);
      const ended = server.exitCode !== null || server.signalCode !== null;
      const gone = ended || new Promise((resolve) => server.once('exit', resolve));
      kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, extra: readonly string[]): readonly string[] {
  return [
    // Of two values for one option sshd takes the first.
    ...extra,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile ${folder}/pid`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AcceptEnv LANG LC_*',
    'MaxSessions 1000',
    'MaxStartups 1000',
    'LogLevel ERROR',
    'Subsystem sftp internal-sftp',
  ];
}

/** An Ed25519 key pair, unless the options say otherwise, in OpenSSH's files `file` and `file.pub`. @returns the private key */
export function makeSshKey(file: string, ...options: readonly string[]): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', ...options, '-f', file]);
  return readFileSync(file, 'utf8');
}

/** `ssh-ed25519 AAAA…` of a private key's file. */
export function publicKeyOf(file: string): string {
  return execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim();
}

/**
 * Each connection is served by a child in a session of its own: the group of the server is not enough. Parents first: one
 * that outlives its child still tells the client how that ended.
 */
function killAll(pid: number): void {
  const children = childrenOf(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
  for (const child of children) killAll(child);
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

async function reachable(port: number, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (server.exitCode !== null) throw new Error('sshd did not start');
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('sshd does not answer');
}
