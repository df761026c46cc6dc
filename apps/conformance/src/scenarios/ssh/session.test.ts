import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually, finished, freePort } from '@sallyport/testing';
import type { Frame } from '@sallyport/recording';
import { SshRun } from '../../clients/ssh-run.js';
import { proves } from '../../proves.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';
import type { Account } from '../../servers/ssh-box.js';
import { SshUnderTest } from '../../servers/ssh-stack.js';

type Decided = Extract<Frame, { kind: 'decision' }>['decision'];
const promiseMs = 5000;
const root = resolve(import.meta.dirname, '../../../../..');

describe('SSH', () => {
  const under = new SshUnderTest();

  async function newest(account: Account): Promise<StoredRecording> {
    const session = await eventually('the session is listed', async () => (await sessionsOf(under.stack, account))[0]);
    return StoredRecording.of(under.stack, session.id);
  }

  /** A connection that several commands share. */
  async function master(account: Account, name: string): Promise<{ readonly run: SshRun; readonly before: string[] }> {
    const path = join(under.home, name);
    const run = under.run(account, [], { before: ['-o', `ControlPath=${path}`, '-M', '-N'], stdin: 'open' });
    await eventually('the shared connection', () => Promise.resolve(existsSync(path) || undefined));
    return { run, before: ['-o', `ControlPath=${path}`] };
  }

  async function expectCut(runs: readonly SshRun[], since: number): Promise<void> {
    for (const run of runs) {
      const { code, stderr } = await run.done();
      expect([code, stderr]).toEqual([255, expect.stringContaining('terminated')]);
    }
    expect(Date.now() - since).toBeLessThan(promiseMs);
  }

  describe('recordings', () => {
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

    proves('ssh', 'record:as-seen', async () => {
      const input = Buffer.concat([everyByte, Buffer.alloc(100_000, 'recorded '), everyByte]);
      const { bytes } = await under.ssh('ci', 'cat', { input });
      expect(bytes.equals(input)).toBe(true);
      const recording = await newest('ci');
      expect((await recording.responses()).equals(input)).toBe(true);
      const frames = await recording.frames();
      const sent = frames.flatMap((frame) => (frame.kind === 'request' ? [frame.bytes] : []));
      expect(Buffer.concat(sent).equals(input)).toBe(true);
      const transcript = await recording.transcript();
      for (const part of ['> cat', 'recorded recorded', 'exit 0', 'ServiceAccount::ci'])
        expect(transcript).toContain(part);
    });

    test('SH-21: what a terminal would obey is kept as it was, and obeyed by nobody who reads the transcript', async () => {
      const parts = [
        '\x1b]52;c;Zm9v\x07',
        '\x1b]8;;http://x\x07link\x1b]8;;\x07',
        '\x1b]0;title\x07',
        '\x1bP$qm\x1b\\',
        '\x1b[c',
        '\x1b[2J',
        '\u202eevil',
        '\x9b31m',
      ];
      const input = Buffer.from(`${parts.join('\n')}\n`, 'latin1');
      await under.ssh('ci', 'cat', { input });
      const recording = await newest('ci');
      expect((await recording.responses()).equals(input)).toBe(true);
      expect(await recording.transcript()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
    }, 60_000);

    test('SH-20: what runs as somebody else is on record as it was asked for', async () => {
      await under.ssh('operator', 'id -un; exec su nobody -s /bin/sh -c "id -un"');
      const transcript = await (await newest('operator')).transcript();
      expect(transcript).toContain('> id -un; exec su nobody -s /bin/sh -c "id -un"');
      expect(transcript).toMatch(/^nobody$/m);
    }, 60_000);

    proves('ssh', 'record:denied', async () => {
      const { run, before } = await master('ci', 'recorded');
      for (const command of ['true', 'rm x', 'echo "', 'echo $HOME', 'echo last'])
        await under.ssh('ci', command, { before });
      await under.as('ci').sftp(`get /etc/hostname ${under.home}/stolen\n`);
      run.kill();
      await run.done();
      const [, session] = await sessionsOf(under.stack, 'ci');
      const frames = await (await StoredRecording.of(under.stack, session!.id)).frames();
      const judged = frames.flatMap((frame): Decided[] => (frame.kind === 'decision' ? [frame.decision] : []));
      expect(judged.map(({ text, effect }) => [text.trimEnd(), effect])).toEqual([
        [`connect as ${under.box.sshd.username}`, 'permit'],
        ['true', 'permit'],
        ['rm x', 'deny'],
        ['echo "', 'deny'],
        ['echo $HOME', 'deny'],
        ['echo last', 'permit'],
      ]);
      expect(new Set(judged.map(({ seq }) => seq)).size).toBe(judged.length);
      for (const { reasons } of judged) expect(reasons.length).toBeGreaterThan(0);
      const files = (await (await newest('ci')).transcript()).split('\n> ').at(-1);
      expect(files).toMatch(/^lstat \/etc\/hostname\n.*execute: deny/);
    });

    proves('ssh', 'record:verify', async () => {
      await under.ssh('ci', 'echo verified');
      const recording = await newest('ci');
      const whole = await recording.verify();
      expect(whole).toMatchObject({ ok: true });
      const step = Math.max(1, Math.floor(recording.bytes.length / 20));
      for (let at = 0; at < recording.bytes.length; at += step) {
        const changed = Buffer.from(recording.bytes);
        changed[at]! ^= 1;
        const report = await recording.verify(changed).catch(() => ({ ok: false, chain: undefined }));
        expect([at, report.ok && report.chain === whole.chain]).toEqual([at, false]);
      }
    });
  });

  describe('watching', () => {
    /** The built command, as the administrator. */
    function watch(id: string, ...options: readonly string[]): SshRun {
      const { api, caFile } = under.stack;
      const to = ['--api', api.url, '--ca', caFile, '--token', api.token!, '--data', under.home];
      const args = [join(root, 'apps/cli/bin/sallyport.mjs'), ...to, ...options, 'sessions', 'watch', id];
      return new SshRun(spawn(process.execPath, args));
    }

    async function openSessionOf(account: Account): Promise<string> {
      const found = await eventually('the session is listed', async () =>
        (await sessionsOf(under.stack, account)).find((each) => each.open),
      );
      return found.id;
    }

    test('SH-21: a shell is watched while it runs, until it is terminated', async () => {
      const shell = under.run('operator', [], { before: ['-tt'], stdin: 'open' });
      const id = await openSessionOf('operator');
      const [text, json] = [watch(id), watch(id, '--json')];
      for (const run of [text, json]) await run.says(id);
      for (const word of ['first', 'second', 'third']) {
        // Put together by the shell: what is typed is not what is looked for.
        shell.child.stdin.write(`printf '%s is seen\\n' ${word}\n`);
        await shell.says(`${word} is seen`);
        const since = Date.now();
        await text.says(`${word} is seen`);
        expect(Date.now() - since).toBeLessThan(2000);
      }
      // A line that is not complete is what a prompt is, and a question.
      shell.child.stdin.write(`printf 'go %s? ' on; sleep 1000\n`);
      await text.says('go on? ');
      await under.stack.api.expect('POST', `/v1/sessions/${id}/terminate`, { reason: 'seen enough' });
      for (const run of [text, json]) expect(await run.done()).toMatchObject({ code: 0, stderr: '' });
      const stored = await StoredRecording.of(under.stack, id);
      expect(text.stdout).toBe(await stored.transcript());
      expect(text.stdout).toMatch(/closed: seen enough\n$/);
      const frames = json.stdout.split('\n').slice(0, -1);
      expect(frames.map((line) => (JSON.parse(line) as { kind: string }).kind).slice(-2)).toEqual(['close', 'end']);
      const target = encodeURIComponent(`Session::${id}`);
      const audit = await under.stack.api.expect<{ items: { action: string }[] }>('GET', `/v1/audit?target=${target}`);
      expect(audit.items.filter(({ action }) => action === 'session.watch')).toHaveLength(2);
    }, 60_000);

    test('SH-21: masked stays masked for who watches', async () => {
      const client = under.run('ci', ['cat'], { before: ['-l', 'masked'], stdin: 'open' });
      const text = watch(await openSessionOf('ci'));
      client.child.stdin.write('mail somebody@example.com today\n');
      await client.says('mail [redacted] today');
      await text.says('mail [redacted] today');
      client.child.stdin.end();
      expect(await client.done()).toMatchObject({ code: 0 });
      expect(await text.done()).toMatchObject({ code: 0 });
      expect(text.stdout).not.toContain('somebody@example.com');
    }, 60_000);

    test('SH-21: who may not read recordings may not watch', async () => {
      const client = under.run('ci', ['cat'], { stdin: 'open' });
      const id = await openSessionOf('ci');
      const stranger = under.stack.api.as(under.stack.keys['stranger']);
      expect((await stranger.call('GET', `/v1/sessions/${id}/watch`)).status).toBe(403);
      client.child.stdin.end();
      await client.done();
    }, 60_000);
  });

  describe('withdrawal', () => {
    proves('ssh', 'revoke:key', async () => {
      const { api } = under.stack;
      const made = await api.expect<{ id: string; key: string }>('POST', '/v1/service-accounts/ci/keys', {});
      const mine = under.as('ci', made.key);
      await eventually('the key works', async () => (await mine.ssh(['true'])).code === 0 || undefined);
      const kept = under.run('ci', ['cat'], { stdin: 'open' });
      kept.child.stdin.write('kept\n');
      await kept.says('kept');
      const busy = new SshRun(mine.start(['yes']));
      const idle = new SshRun(mine.start([], ['-N']));
      await busy.says('y');
      const since = Date.now();
      await api.expect('DELETE', `/v1/service-accounts/ci/keys/${made.id}`);
      await expectCut([busy, idle], since);
      kept.child.stdin.end('still\n');
      expect(await kept.done()).toMatchObject({ code: 0, stdout: 'kept\nstill\n' });
      expect((await mine.ssh(['true'])).code).toBe(255);
    });

    proves('ssh', 'revoke:account', async () => {
      const { api } = under.stack;
      const local = await freePort();
      const terminal = under.run('operator', ['echo $$; sleep 1000'], { before: ['-tt'], stdin: 'open' });
      const tunnel = under.run('operator', [], {
        before: ['-N', '-L', `${local}:127.0.0.1:${under.box.echoPort}`],
        stdin: 'open',
      });
      await terminal.says('\n');
      const pid = Number(/\d+/.exec(terminal.stdout)![0]);
      const since = Date.now();
      await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: true });
      await expectCut([terminal, tunnel], since);
      await eventually('the program is gone', () => Promise.resolve(existsSync(`/proc/${pid}`) ? undefined : true));
      expect((await under.ssh('operator', 'true')).code).toBe(255);
      await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: false });
      await eventually('it may again', async () => (await under.ssh('operator', 'true')).code === 0 || undefined);
    });

    proves('ssh', 'revoke:session', async () => {
      const client = under.run('ci', ['cat'], { stdin: 'open' });
      client.child.stdin.write('up\n');
      await client.says('up');
      const session = await eventually('the session is listed', async () =>
        (await sessionsOf(under.stack, 'ci')).find((each) => each.open),
      );
      const since = Date.now();
      await under.stack.api.expect('POST', `/v1/sessions/${session.id}/terminate`, { reason: 'enough' });
      await expectCut([client], since);
    });

    test('SH-09, SH-10: a policy that changes cuts what runs, and judges what comes over the same connection', async () => {
      const { api } = under.stack;
      const { run, before } = await master('ci', 'policy-mux');
      const sleeping = finished(under.as('ci').start(['sleep 1000'], before), '');
      expect((await under.ssh('ci', 'echo one', { before })).out).toBe('one\n');
      const cedar = 'forbid (principal in Group::"ci", action == Action::"exec", resource);';
      const since = Date.now();
      await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'closed', spec: { cedar } }));
      try {
        const { code, error } = await sleeping;
        expect(Date.now() - since).toBeLessThan(promiseMs);
        expect(code).toBe(126);
        expect(error).toContain('access was withdrawn while it ran');
        expect((await under.ssh('ci', 'echo two', { before })).code).toBe(126);
      } finally {
        await api.expect('DELETE', '/v1/policies/closed');
      }
      run.kill();
      await run.done();
    }, 60_000);
  });
});
