import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startCluster } from './cluster.js';
import { identify, waitForEnd } from '../process-identity.js';
import { postgresBinaries } from './placement.js';
import { unprivileged } from './unprivileged.js';

/** A real server each: slow where the machine is busy. */
const timeoutMs = 60_000;
let data: string;
let port: number;
beforeEach(async () => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-cluster-'));
  port = await freePort();
});
afterEach(() => fs.rmSync(data, { recursive: true }));

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

const options = (): { data: string; name: string; port: number } => ({ data, name: 'postgres', port });
const files = (): string => path.join(data, 'postgres/data');
const postmaster = (): number => Number.parseInt(fs.readFileSync(path.join(files(), 'postmaster.pid'), 'utf8'), 10);

test(
  'what was written is there after a stop and another start, on another port too',
  async () => {
    const first = await startCluster(options());
    await query(first.url('postgres'), 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    port = await freePort();
    const second = await startCluster(options());
    expect(await query(second.url('postgres'), 'SELECT n FROM kept')).toEqual([42]);
    await second.stop();
    expect(fs.existsSync(path.join(files(), 'postmaster.pid'))).toBe(false);
  },
  timeoutMs,
);

test(
  'nobody gets in without the password, and there is no socket file',
  async () => {
    const cluster = await startCluster(options());
    try {
      const wrong = cluster.url('postgres').replace(/:[^:@/]+@/, ':wrong@');
      await expect(query(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
      expect(await query(cluster.url('postgres'), 'SHOW unix_socket_directories')).toEqual(['']);
      expect(fs.statSync(path.join(data, 'postgres.password')).mode & 0o777).toBe(0o600);
      expect(fs.statSync(path.join(data, 'postgres')).mode & 0o777).toBe(0o700);
    } finally {
      await cluster.stop();
    }
  },
  timeoutMs,
);

test(
  'a server that outlived a killed run is ended, its data kept',
  async () => {
    const first = await startCluster(options());
    await query(first.url('postgres'), 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    const leftover = spawn(postgresBinaries().postgres, ['-D', files(), '-p', String(port), '-k', ''], {
      ...unprivileged(),
      cwd: '/',
      stdio: 'ignore',
      env: { LC_ALL: 'C' },
    });
    const exited = once(leftover, 'exit');
    while (!fs.existsSync(path.join(files(), 'postmaster.pid')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const cluster = await startCluster(options());
    await exited;
    expect(await query(cluster.url('postgres'), 'SELECT n FROM kept')).toEqual([7]);
    await cluster.stop();
  },
  timeoutMs,
);

test(
  'the server recovers when its former self was killed',
  async () => {
    const first = await startCluster(options());
    await query(first.url('postgres'), 'CREATE TABLE kept AS SELECT 8 AS n');
    process.kill(postmaster(), 'SIGKILL');
    await first.ended;
    const second = await startCluster(options());
    expect(await query(second.url('postgres'), 'SELECT n FROM kept')).toEqual([8]);
    await second.stop();
  },
  timeoutMs,
);

test(
  'the server ends when the pipe to it closes, whatever closed it',
  async () => {
    const cluster = await startCluster(options());
    const server = identify(postmaster())!;
    const shell = Number(/^PPid:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]);
    // The shell that waits for the server is gone: closing the pipe must still reach the server.
    process.kill(shell, 'SIGKILL');
    await cluster.ended;
    expect(await waitForEnd(server, 10_000)).toBe(true);
  },
  timeoutMs,
);

test(
  "another process under the former server's id keeps nothing from starting",
  async () => {
    const first = await startCluster(options());
    await first.stop();
    fs.writeFileSync(path.join(files(), 'postmaster.pid'), `${process.pid}\n${files()}\n1\n${port}\n\n127.0.0.1\n`);
    const second = await startCluster(options());
    await second.stop();
    expect(identify(process.pid)).toBeDefined();
  },
  timeoutMs,
);

test(
  'a port in use is an error that quotes the log',
  async () => {
    const blocker = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve));
    await expect(startCluster(options())).rejects.toMatchObject({
      details: expect.arrayContaining([expect.stringContaining('could not bind')]) as unknown,
    });
    await new Promise((resolve) => blocker.close(resolve));
  },
  timeoutMs,
);

test(
  'a data directory below one that nobody else may enter will do',
  async () => {
    const home = path.join(data, 'private');
    const inner = path.join(home, 'data');
    fs.mkdirSync(inner, { recursive: true });
    fs.chmodSync(home, 0o700);
    const cluster = await startCluster({ ...options(), data: inner });
    await query(cluster.url('postgres'), 'CREATE TABLE kept AS SELECT 9 AS n');
    await cluster.stop();
    const again = await startCluster({ ...options(), data: inner });
    expect(await query(again.url('postgres'), 'SELECT n FROM kept')).toEqual([9]);
    await again.stop();
    fs.rmSync(fs.realpathSync(path.join(inner, 'postgres')), { recursive: true });
  },
  timeoutMs,
);
