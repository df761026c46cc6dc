import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync, chownSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type PostgresServer } from '@sallyport/testing';

/** Where pgbench connects: PostgreSQL itself, or something in front of it. */
export interface Peer {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export const direct = (target: PostgresServer): Peer => ({
  name: 'direct',
  port: target.port,
  user: target.user,
  password: target.password,
});

export interface RunningPeer extends Peer {
  readonly pid: number;
  stop(): void;
}

const nobody = 65534;

/** pgbouncer 1.18 of Debian 12 in session mode: one server connection per client, as the gateway has. */
export async function startPgbouncer(target: PostgresServer, poolSize: number): Promise<RunningPeer> {
  const binary = '/usr/sbin/pgbouncer';
  if (!existsSync(binary)) throw new Error('pgbouncer is missing: apt-get install pgbouncer');
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-pgbouncer-'));
  const configuration = join(directory, 'pgbouncer.ini');
  writeFileSync(
    configuration,
    `[databases]
shop = host=${target.host} port=${target.port} dbname=${target.database} user=${target.user} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = session
max_client_conn = ${poolSize * 4}
default_pool_size = ${poolSize}
log_connections = 0
log_disconnections = 0
`,
  );
  const root = process.getuid?.() === 0;
  if (root) {
    chownSync(directory, nobody, nobody);
    chownSync(configuration, nobody, nobody);
  }
  const child = spawn(binary, [configuration], { stdio: 'ignore', ...(root && { uid: nobody, gid: nobody }) });
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', stop);
  await listening(child, port);
  return { name: 'pgbouncer', port, user: target.user, password: target.password, pid: child.pid!, stop };
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the peer exited with ${child.exitCode}`);
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the peer does not listen');
}
