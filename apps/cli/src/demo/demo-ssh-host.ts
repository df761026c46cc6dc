import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import ssh2, { type AuthContext, type ParsedKey, type ServerChannel } from 'ssh2';
import { clusterHome } from '../local/postgres/placement.js';
import { unprivileged } from '../local/postgres/unprivileged.js';

/** The account on the host that the gateway logs in to. */
export const demoHostLogin = 'app';

export interface DemoHostOptions {
  readonly data: string;
  readonly port: number;
  /** OpenSSH format. */
  readonly hostKey: string;
  /** Of the only key that may log in, `ssh-ed25519 AAAA…`. */
  readonly loginKey: string;
}

const files: Readonly<Record<string, string>> = {
  readme: 'This is host-1. Whoever reads this came through the gateway.\n',
  'old.log': 'nothing of interest\n',
  'payroll.csv': 'name,salary\nAda,1\n',
};

/** The server that the demo shows: runs commands in a folder of its own, as an unprivileged user where it may choose. */
export async function startDemoSshHost(options: DemoHostOptions): Promise<{ stop(): Promise<void> }> {
  const home = seededHome(options.data);
  const key = ssh2.utils.parseKey(options.loginKey) as ParsedKey;
  const protocol = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => authenticate(attempt, key));
    connection.on('session', (accept) => {
      accept().on('exec', (open, _refuse, { command }) => run(command, open(), home));
    });
  });
  const sockets = new Set<Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    protocol.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function authenticate(attempt: AuthContext, key: ParsedKey): void {
  if (attempt.method !== 'publickey' || attempt.username !== demoHostLogin) return attempt.reject(['publickey']);
  const { key: offered, blob, signature, hashAlgo } = attempt;
  if (offered.algo !== key.type || !offered.data.equals(key.getPublicSSH())) return attempt.reject();
  // Without a signature it only asks whether this key would do.
  if (!signature || !blob) return attempt.accept();
  return key.verify(blob, signature, hashAlgo) === true ? attempt.accept() : attempt.reject();
}

function run(command: string, channel: ServerChannel, home: string): void {
  const child = spawn('/bin/sh', ['-c', command], {
    ...unprivileged(),
    cwd: home,
    env: { HOME: home, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    // Leads a group, so that all it started ends with it.
    detached: true,
  });
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  channel.on('close', () => hangUp(child)).on('error', () => undefined);
  child.on('error', () => finish(channel, 127));
  child.on('close', (code) => finish(channel, code ?? 255));
}

/** The status comes first: whoever sees the channel close takes what is missing for a crash. */
function finish(channel: ServerChannel, status: number): void {
  channel.exit(status);
  channel.end();
}

function hangUp({ pid, exitCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null) return;
  try {
    process.kill(-pid, 'SIGHUP');
  } catch {
    // It ended meanwhile.
  }
}

/** Filled once: later starts keep what people removed. */
function seededHome(data: string): string {
  const home = clusterHome(data, 'demo-host');
  if (fs.readdirSync(home).length > 0) return home;
  const { uid, gid } = unprivileged();
  for (const [name, content] of Object.entries(files)) {
    // A new file, never one that a link leads to.
    const handle = fs.openSync(path.join(home, name), 'wx', 0o644);
    fs.writeFileSync(handle, content);
    if (uid !== undefined) fs.fchownSync(handle, uid, gid!);
    fs.closeSync(handle);
  }
  return home;
}
