import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { identify, isAlive, type ProcessIdentity } from '../../local/process-identity.js';
import { readUpFile, type UpFile } from '../../local/up-file.js';

/** The built product as people start it: real processes, real clients. */
const launcher = fileURLToPath(new URL('../../../bin/sallyport.mjs', import.meta.url));
const portBase = 21_000 + Math.floor(Math.random() * 8000);
const startTimeoutMs = 60_000;
const testTimeoutMs = 120_000;

let data: string;
const running: ChildProcess[] = [];
beforeAll(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-up-'));
});
afterAll(async () => {
  for (const child of running) if (child.exitCode === null && child.signalCode === null) await ended(child, 'SIGTERM');
  fs.rmSync(data, { recursive: true });
});

async function up(): Promise<{ child: ChildProcess; file: UpFile; output: () => string }> {
  const args = [launcher, 'up', '--demo', '--data', data, '--port-base', String(portBase)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const deadline = Date.now() + startTimeoutMs;
  while (!text.includes('Sallyport is ready')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`up did not start:\n${text}`);
    await sleep(50);
  }
  return { child, file: readUpFile(data)!, output: () => text };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return ((await exit) as [number | null])[0];
}

function cli(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [launcher, '--data', data, ...args], { encoding: 'utf8' });
}

/** As ci, with the key that the demo registered for it. */
function ssh(command?: string, input = ''): { status: number | null; stdout: string; stderr: string } {
  const args = ['-F', path.join(data, 'demo.ssh-config'), 'host-1', ...(command === undefined ? [] : [command])];
  return spawnSync('ssh', args, { encoding: 'utf8', input, timeout: 30_000 });
}

async function asCi<T>(file: UpFile, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...file.gateway['postgres'],
    database: 'shop',
    user: 'ci',
    password: file.demo!['ci'],
    ssl: { ca: fs.readFileSync(file.ca, 'utf8') },
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Every process whose command line names our data directory, or that such a one started. */
function processesOf(parent: ChildProcess): ProcessIdentity[] {
  const found = new Set([parent.pid!]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const pid of fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)) {
      if (found.has(parentOf(pid))) found.add(pid);
    }
  }
  return [...found].flatMap((pid) => identify(pid) ?? []);
}

function parentOf(pid: number): number {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

async function allGone(processes: readonly ProcessIdentity[]): Promise<boolean> {
  const deadline = Date.now() + 30_000;
  while (processes.some(isAlive) && Date.now() < deadline) await sleep(100);
  return !processes.some(isAlive);
}

test(
  'the demo masks, denies, holds, and shows it all again; a second start is refused',
  async () => {
    const { child, file } = await up();
    expect(fs.statSync(path.join(data, 'up.json')).mode & 0o777).toBe(0o600);
    const secrets = ['admin.key', 'master.key', 'ca.key', 'demo-ci.key', 'demo-ci.ssh-key', 'demo-shop-app.password'];
    for (const name of secrets) expect(fs.statSync(path.join(data, name)).mode & 0o077).toBe(0);

    await asCi(file, async (client) => {
      const { rows } = await client.query<{ name: string; email: string; ssn: string }>(
        'SELECT name, email, ssn FROM customers WHERE id = 1',
      );
      expect(rows[0]?.name).toBe('Ada A.');
      expect(rows[0]?.email).not.toBe('ada1@example.com');
      expect(rows[0]?.ssn).not.toMatch(/\d/);
      await expect(client.query('DROP TABLE orders')).rejects.toMatchObject({ code: '42501' });

      const held = client.query('DELETE FROM orders WHERE id = 7');
      const id = await pendingApproval();
      const approved = cli('approvals', 'approve', id);
      expect(approved).toMatchObject({ status: 0, stdout: expect.stringContaining(id) as unknown });
      expect((await held).rowCount).toBe(1);
    });

    const keyId = file.adminToken.split('_')[1]!;
    const rotated = cli('keys', 'rotate', 'admin', keyId, '--overlap', '0');
    expect(rotated).toMatchObject({ status: 0, stdout: expect.stringMatching(/^sp_/) as unknown });
    expect(readUpFile(data)!.adminToken).toBe(rotated.stdout.trim());
    expect(cli('whoami')).toMatchObject({ status: 0 });

    const second = cli('up', '--port-base', String(portBase + 100));
    expect(second).toMatchObject({ status: 5, stderr: expect.stringContaining('already running') as unknown });
    expect(cli('doctor').status).toBe(0);

    const session = await closedSession('shop');
    const transcript = cli('sessions', 'replay', session);
    expect(transcript.stdout).toContain('DROP TABLE orders');
    expect(transcript.stdout).not.toContain('ada1@example.com');
    expect(cli('sessions', 'verify', session)).toMatchObject({ status: 0 });

    expect(ssh('cat readme')).toMatchObject({ status: 0, stdout: expect.stringContaining('host-1') as unknown });
    const chained = { status: 126, stdout: '', stderr: expect.stringContaining('one plain command') as unknown };
    expect(cli('sessions', 'export', await closedSession('host-1'), '--format', 'asciicast')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^{"version":3,.*\n\[.*"o", "This is host-1/) as unknown,
    });
    expect(cli('sessions', 'export', session, '--format', 'asciicast')).toMatchObject({ status: 4, stdout: '' });
    expect(ssh('cat readme; id')).toMatchObject(chained);
    const lines = ssh(undefined, 'cat readme\ncat payroll.csv\nexit 3\n');
    expect(lines).toMatchObject({ status: 3, stdout: expect.stringContaining('host-1') as unknown });
    expect(lines.stdout).not.toContain('salary');

    const processes = processesOf(child);
    expect(processes.length).toBeGreaterThan(4);
    expect(await ended(child, 'SIGTERM')).toBe(0);
    expect(await allGone(processes)).toBe(true);
    expect(readUpFile(data)).toBeUndefined();
  },
  testTimeoutMs,
);

test(
  'killed, it leaves nothing running, and the next start has everything',
  async () => {
    const first = await up();
    const processes = processesOf(first.child);
    await ended(first.child, 'SIGKILL');
    const second = await up();
    expect(await allGone(processes)).toBe(true);
    expect(second.file).toEqual(first.file);
    const count = await asCi(second.file, (client) => client.query<{ n: string }>('SELECT count(*) AS n FROM orders'));
    expect(count.rows[0]?.n).toBe('47');
    expect(await ended(second.child, 'SIGINT')).toBe(0);
  },
  testTimeoutMs,
);

async function pendingApproval(): Promise<string> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { stdout } = cli('approvals', 'list', '--json');
    const [first] = JSON.parse(stdout) as { id: string }[];
    if (first) return first.id;
    // The client of this very process has to get a turn to send its request.
    await sleep(50);
  }
  throw new Error('no approval came');
}

async function closedSession(resource: string): Promise<string> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const sessions = JSON.parse(cli('sessions', 'list', '--json').stdout) as {
      id: string;
      resource: string;
      endedAt: string | null;
    }[];
    const closed = sessions.find((one) => one.resource === resource && one.endedAt !== null);
    if (closed) {
      const shown = JSON.parse(cli('sessions', 'show', closed.id, '--json').stdout) as {
        recording: { complete: boolean };
      };
      if (shown.recording.complete) return closed.id;
    }
    await sleep(200);
  }
  throw new Error('no session was closed and recorded');
}
