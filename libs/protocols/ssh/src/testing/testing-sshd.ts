import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** A real OpenSSH server on loopback, for the account that runs the tests. */
export interface TestingSshd {
  readonly port: number;
  readonly folder: string;
  readonly username: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** The private key that it lets in. */
  readonly privateKey: string;
  stop(): Promise<void>;
}

export async function startSshd(extra: readonly string[] = []): Promise<TestingSshd> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-sshd-'));
  const { username, uid } = os.userInfo();
  makeKey(path.join(folder, 'host'));
  makeKey(path.join(folder, 'user'));
  fs.copyFileSync(path.join(folder, 'user.pub'), path.join(folder, 'authorized_keys'));
  // Where sshd separates its privileges; it refuses to start without.
  if (uid === 0) fs.mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const config = [
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
    'MaxSessions 100',
    'LogLevel ERROR',
    'Subsystem sftp internal-sftp',
    ...extra,
  ];
  fs.writeFileSync(path.join(folder, 'config'), `${config.join('\n')}\n`);
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', path.join(folder, 'config')], { stdio: 'ignore' });
  await reachable(port, server);
  return {
    port,
    folder,
    username,
    hostKey: fs.readFileSync(path.join(folder, 'host.pub'), 'utf8').trim(),
    privateKey: fs.readFileSync(path.join(folder, 'user'), 'utf8'),
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An Ed25519 key pair in OpenSSH's files `file` and `file.pub`. */
export function makeKey(file: string, ...options: readonly string[]): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', ...options, '-f', file]);
  return fs.readFileSync(file, 'utf8');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
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
