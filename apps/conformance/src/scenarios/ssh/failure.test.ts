import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@sallyport/testing';
import { proves } from '../../proves.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';
import { SshUnderTest } from '../../servers/ssh-stack.js';

const spool = { SALLYPORT_SPOOL_MAX_BYTES: String(8 * 2 ** 30) };
const growthLimit = 50 * 2 ** 20;
const warmUpBytes = 16 * 2 ** 20;

/** Resident memory of a process. Bytes. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Takes as much output as a warm-up needs, and leaves. */
async function readSome(client: ChildProcessWithoutNullStreams): Promise<void> {
  let bytes = 0;
  for await (const chunk of client.stdout) {
    bytes += (chunk as Buffer).length;
    if (bytes >= warmUpBytes) break;
  }
  client.kill('SIGKILL');
  expect(bytes).toBeGreaterThanOrEqual(warmUpBytes);
}

describe('SSH', () => {
  const under = new SshUnderTest(spool);

  proves(
    'ssh',
    'failure:gateway',
    async () => {
      const marker = under.marker();
      const client = under.run('ci', ['cat'], { stdin: 'open' });
      client.child.stdin.write('before the kill\n');
      await client.says('before the kill');
      const session = await eventually('the session is known', async () =>
        (await sessionsOf(under.stack, 'ci')).find((each) => each.open),
      );
      const holding = under.run('ci', [`touch ${marker}`]);
      const approval = await holding.approvalId();
      await under.stack.gateway.stop('SIGKILL');
      expect((await client.done()).code).toBe(255);
      expect((await holding.done()).code).toBe(255);
      await under.stack.startGateway();
      // What the client was told before the kill is in the recording, and the recording says how it ended.
      const recording = await StoredRecording.of(under.stack, session.id);
      expect(await recording.transcript()).toContain('before the kill');
      expect((await recording.frames()).at(-1)).toMatchObject({ kind: 'close', interrupted: true });
      expect(await recording.verify()).toMatchObject({ interrupted: true });
      await eventually('the approval ended', async () => (await under.stateOf(approval)) === 'abandoned' || undefined);
      expect(under.exists(marker)).toBe(false);
      // Clients know the gateway again: its host key outlived it.
      expect(await under.ssh('ci', 'echo back')).toMatchObject({ code: 0, out: 'back\n' });
    },
    90_000,
  );

  proves(
    'ssh',
    'failure:control-plane',
    async () => {
      const marker = under.marker();
      const client = under.run('ci', ['cat'], { stdin: 'open' });
      client.child.stdin.write('up\n');
      await client.says('up');
      await under.stack.controlPlane.stop('SIGKILL');
      client.child.stdin.write('on\n');
      await client.says('on');
      const held = await under.ssh('ci', `touch ${marker}`);
      expect(held.code).toBe(126);
      expect((await under.ssh('ci', 'rm x')).code).toBe(126);
      const meanwhile = new Date().toISOString();
      expect(await under.ssh('ci', 'echo meanwhile')).toMatchObject({ code: 0, out: 'meanwhile\n' });
      await under.stack.startControlPlane();
      const session = await eventually('the session made meanwhile is known', async () =>
        (await sessionsOf(under.stack, 'ci')).find((each) => each.startedAt > meanwhile),
      );
      expect(await (await StoredRecording.of(under.stack, session.id)).verify()).toMatchObject({ ok: true });
      client.child.stdin.end('still\n');
      expect(await client.done()).toMatchObject({ code: 0, stdout: 'up\non\nstill\n' });
      expect(under.exists(marker)).toBe(false);
    },
    90_000,
  );

  proves('ssh', 'failure:slow-reader', async () => {
    const { pid } = under.stack.gateway;
    // Code and buffers of a gateway that was just started grow with the first transfers, read or not: not what is asked.
    for (let round = 0; round < 2; round += 1) {
      const warm = Buffer.alloc(warmUpBytes);
      const [up] = await Promise.all([
        under.ssh('operator', 'wc -c', { input: warm }),
        ...(['ci', 'operator'] as const).map((account) => readSome(under.as(account).start(['yes sallyport']))),
      ]);
      expect(up.out.trim()).toBe(String(warm.length));
    }
    const before = residentBytes(pid);
    const clients = ['ci', 'operator'].map((account) => under.as(account as 'ci').start(['yes sallyport']));
    for (const client of clients) client.stdout.pause();
    const typist = under.as('ci').start(['sleep 30']);
    typist.stdin.on('error', () => undefined).write(Buffer.alloc(64 << 20));
    let most = 0;
    for (let sample = 0; sample < 40; sample += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      most = Math.max(most, residentBytes(pid));
    }
    expect(most - before).toBeLessThan(growthLimit);
    for (const client of [...clients, typist]) client.kill('SIGKILL');
    expect((await under.ssh('ci', 'echo others work')).out).toBe('others work\n');
  });

  proves('ssh', 'failure:target', async () => {
    const client = under.run('ci', ['cat'], { stdin: 'open' });
    client.child.stdin.write('up\n');
    await client.says('up');
    under.box.sshd.kill();
    const { code, stderr } = await client.done();
    expect(code).toBe(255);
    expect(stderr).toContain('the connection to the target was lost');
    const dead = await under.ssh('ci', 'true');
    expect(dead.code).toBe(255);
    expect(dead.error).toContain('the target of this resource cannot be reached');
    await under.box.sshd.restart();
    expect((await under.ssh('ci', 'echo back')).out).toBe('back\n');
  });

  test('SH-16, SH-19: what a client does not fetch, and what it leaves half written, is on record as that', async () => {
    const client = under.as('operator');
    const path = join(under.box.folder, 'open/half');
    const batch = client.spawn('sftp', [...client.options, '-l', '2000', '-P', String(client.port), 'box@127.0.0.1']);
    batch.stdin.on('error', () => undefined).write(`put /usr/bin/ssh ${path}\n`);
    await eventually('it is being written', () => Promise.resolve(under.exists(path) || undefined));
    batch.kill('SIGKILL');
    const [session] = await sessionsOf(under.stack, 'operator');
    const transcript = await (await StoredRecording.of(under.stack, session!.id)).transcript();
    expect(transcript).toContain(`> write ${path}`);
    expect(transcript).toContain('left open');
  }, 60_000);
});
