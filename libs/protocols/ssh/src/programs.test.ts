import fs from 'node:fs';
import type { ResourceBinding } from '@sallyport/enforcement';
import { finished } from '@sallyport/testing';
import { deny, hold, permit, type Opinion } from './testing/testing-host.js';
import { bindingOf, TestingSetup, until } from './testing/testing-setup.js';

let setup: TestingSetup;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => setup.reset());

/** Policy that treats programs its own way and lets everything else through. */
function programs(opinion: Opinion): Opinion {
  return (action) => (action.kind === 'exec' || action.kind === 'shell' ? opinion(action) : permit());
}

describe('commands', () => {
  test('a command runs, its output, error output and exit status arrive', async () => {
    const { code, out, error } = await setup.ssh(['echo hello; echo problem >&2; exit 7']);
    expect({ code, out, error }).toEqual({ code: 7, out: 'hello\n', error: 'problem\n' });
    expect(setup.host.executed()).toEqual(['echo hello; echo problem >&2; exit 7']);
    expect(setup.host.output).toContain('hello\n');
    expect(setup.host.outcomes.map(({ completion }) => completion)).toEqual(['connect', 'exit 7']);
  });

  test('input goes through and is recorded', async () => {
    const { out } = await setup.ssh(['cat'], { input: 'one\ntwo\n' });
    expect(out).toBe('one\ntwo\n');
    expect(Buffer.concat(setup.host.requests).toString()).toBe('one\ntwo\n');
  });

  test('a denied command says why, ends with 126, and never reaches the target', async () => {
    setup.host.opinion = programs(() => deny('not on Fridays'));
    const marker = `${setup.folder}/denied`;
    const { code, error } = await setup.ssh([`touch ${marker}`]);
    expect(code).toBe(126);
    expect(error).toMatch(/sallyport: blocked by access policy: not on Fridays \(decision session-1\.2\)/);
    expect(fs.existsSync(marker)).toBe(false);
    expect(setup.host.executed()).toEqual([]);
  });

  test('a signal that ends a program is told as one', async () => {
    const { code } = await setup.ssh(['kill -TERM $$']);
    expect(code).toBe(255);
    expect(setup.host.outcomes.at(-1)!.completion).toBe('signal TERM');
  });

  test('the language goes along, other variables do not', async () => {
    const before = ['-o', 'SetEnv=LC_TEST=ok LANG=C LD_PRELOAD=/tmp/evil.so'];
    const { out } = await setup.ssh(['echo "$LC_TEST-$LD_PRELOAD-"'], { before });
    expect(out).toBe('ok--\n');
    const { action } = setup.host.decisions.at(-1)!;
    expect(action.context['ssh']).toMatchObject({ env: ['LANG=C', 'LC_TEST=ok'], operation: 'exec', pty: false });
  });

  test('SH-16: much output arrives whole, on both streams, to a slow reader', async () => {
    const child = setup.start(['for i in 1 2 3 4; do head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2; done']);
    child.stdout.pause();
    child.stderr.pause();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const held = setup.host.responses.reduce((sum, bytes) => sum + bytes.length, 0);
    const done = finished(child, '');
    child.stdout.resume();
    child.stderr.resume();
    const { code, bytes, error } = await done;
    expect({ code, out: bytes.length, error: error.length }).toEqual({ code: 0, out: 12_000_000, error: 1_200_000 });
    expect(held).toBeLessThan(8_000_000);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  test('SH-17: keys change in the middle of much data both ways', async () => {
    const input = Buffer.alloc(3_000_000, 'abcdefg');
    const { code, bytes } = await setup.ssh(['cat'], { input, before: ['-o', 'RekeyLimit=256K'] });
    expect(code).toBe(0);
    expect(bytes.equals(input)).toBe(true);
  });

  test('what cannot be recorded is not run', async () => {
    setup.host.opinion = programs(() => {
      setup.host.failRecording = true;
      return permit();
    });
    const marker = `${setup.folder}/unrecorded`;
    const { code } = await setup.ssh([`touch ${marker}`]);
    expect(code).not.toBe(0);
    expect(fs.existsSync(marker)).toBe(false);
  });

  test('a policy that throws denies', async () => {
    setup.host.opinion = programs(() => {
      throw new Error('broken policy');
    });
    expect((await setup.ssh(['true'])).code).toBe(126);
  });

  test('text that is no UTF-8 is refused', async () => {
    const child = setup.start([]);
    child.kill();
    await finished(child, '');
    // ssh passes its arguments on as bytes, which Node cannot: a shell can.
    const run = setup.spawn('sh', ['-c', 'exec ssh "$@" "$(printf "touch \\377")"', 'sh', ...setup.target()]);
    const { code } = await finished(run, '');
    expect(code).toBe(255);
    expect(setup.host.executed()).toEqual([]);
  });
});

describe('holds', () => {
  test('a held command tells what it waits for, and runs once approved', async () => {
    setup.host.opinion = programs(() => hold());
    const running = setup.ssh(['echo approved']);
    const { id, action } = await setup.host.approvals.decide({ state: 'approved' });
    const { code, out, error } = await running;
    expect({ code, out }).toEqual({ code: 0, out: 'approved\n' });
    expect(error).toContain(`waiting for approval ${id}`);
    expect(error).toContain(`https://gateway.example/approvals/${id}`);
    expect(action.text).toBe('echo approved');
    await until(() => setup.host.approvals.reports.includes('completed: exit 0'), 'the report');
  });

  test('a held command that is denied does not run', async () => {
    setup.host.opinion = programs(() => hold());
    const marker = `${setup.folder}/held`;
    const running = setup.ssh([`touch ${marker}`]);
    await setup.host.approvals.decide({ state: 'denied', comment: 'no' });
    const { code, error } = await running;
    expect(code).toBe(126);
    expect(error).toContain('a reviewer denied it: no');
    expect(fs.existsSync(marker)).toBe(false);
  });

  test('a hold that nobody decides ends', async () => {
    setup.host.opinion = programs(() => hold(1));
    const { code, error } = await setup.ssh(['true']);
    expect(code).toBe(126);
    expect(error).toContain('nobody approved the request in time');
  });

  test('a client that leaves gives up its approval', async () => {
    setup.host.opinion = programs(() => hold());
    const child = setup.start(['true']);
    const { id } = await setup.host.approvals.pending();
    child.kill('SIGKILL');
    await until(() => setup.host.approvals.abandoned.includes(id), 'the approval was abandoned');
    expect(setup.host.executed()).toEqual([]);
  });

  test('an interrupt in a terminal gives up', async () => {
    setup.host.opinion = programs(() => hold());
    const child = setup.start([], ['-tt']);
    const done = finished(child);
    const { id } = await setup.host.approvals.pending();
    child.stdin.write('\x03');
    expect((await done).code).toBe(126);
    expect(setup.host.approvals.abandoned).toContain(id);
  });

  test('SH-17: keepalives are answered and keys change while a command is held', async () => {
    setup.host.opinion = programs(() => hold());
    const before = ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1', '-o', 'RekeyLimit=default 1s'];
    const running = setup.ssh(['echo late'], { before });
    await setup.host.approvals.pending();
    await new Promise((resolve) => setTimeout(resolve, 3500));
    await setup.host.approvals.decide({ state: 'approved' });
    expect((await running).out).toBe('late\n');
  });

  test('SH-03: nothing is opened before the session is let in', async () => {
    setup.host.opinion = (action) => (action.kind === 'connect' ? hold() : permit());
    const running = setup.ssh(['echo in']);
    const { id, action } = await setup.host.approvals.pending();
    expect(action.text).toBe(`connect as ${setup.sshd.username}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(setup.host.decisions).toHaveLength(1);
    await setup.host.approvals.decide({ state: 'approved' });
    const { out, error } = await running;
    expect(out).toBe('in\n');
    expect(error).toContain(`waiting for approval ${id}`);
  });
});

describe('shells', () => {
  test('a shell runs on a terminal and is recorded with its size', async () => {
    const { code, out } = await setup.ssh([], { before: ['-tt'], input: 'echo $((40+2)); exit 3\n' });
    expect(code).toBe(3);
    expect(out).toContain('42');
    expect(setup.host.notes.find(({ name }) => name === 'pty')!.detail).toMatchObject({ seq: 2 });
    const { action } = setup.host.decisions.at(-1)!;
    expect(action.effects.map(({ verb }) => verb)).toEqual(['shell']);
    expect(action.context['ssh']).toMatchObject({ pty: true, operation: 'shell', mode: '' });
  });

  test('SH-08: what an interpreter reads is judged with it, before it runs', async () => {
    const { out } = await setup.ssh(['bash'], { input: 'echo from the script\n' });
    expect(out).toBe('from the script\n');
    const { action } = setup.host.decisions.at(-1)!;
    expect(action.effects.map(({ verb }) => verb)).toEqual(['exec', 'shell']);
    expect(action.text).toBe('bash\necho from the script\n');
    expect(action.context['ssh']).toMatchObject({ script: true, command: action.text, program: 'bash' });
  });

  test('SH-08: a script that policy does not want is not run', async () => {
    const marker = `${setup.folder}/script`;
    setup.host.opinion = programs((action) => (action.text.includes(marker) ? deny() : permit()));
    const { code } = await setup.ssh(['sh -s'], { input: `touch ${marker}\n` });
    expect(code).toBe(126);
    expect(fs.existsSync(marker)).toBe(false);
  });

  test('SH-08: a script that is too long for anybody to read is refused', async () => {
    const { code, error } = await setup.ssh(['bash'], { input: `# ${'x'.repeat(1_100_000)}\n` });
    expect(code).toBe(126);
    expect(error).toContain('1 MiB');
    expect(setup.host.executed()).toEqual([]);
  });
});

describe('other requests', () => {
  test('SH-04: agents and X11 are not forwarded', async () => {
    const { out } = await setup.ssh(['echo "[$SSH_AUTH_SOCK$DISPLAY]"'], {
      before: ['-o', 'ForwardAgent=yes', '-o', 'ForwardX11=yes'],
    });
    expect(out).toBe('[]\n');
  });

  test('SH-01: subsystems other than file transfer are refused', async () => {
    const { code } = await setup.ssh(['netconf'], { before: ['-s'] });
    expect(code).not.toBe(0);
    expect(setup.host.executed()).toEqual([]);
  });

  test.each(['scp -t /', 'rsync --server -e.LsfxC . /', '/usr/lib/openssh/sftp-server', '/usr/lib/sftp-server'])(
    'SH-01: with files only, `%s` is a command like any other',
    async (command) => {
      setup.host.opinion = (action) =>
        action.effects.some(({ verb }) => verb === 'exec' || verb === 'shell') ? deny() : permit();
      expect((await setup.ssh([command])).code).toBe(126);
      expect(setup.host.executed()).toEqual([]);
    },
  );
});

test('a target that is lost is told as that, and not as the end of the program', async () => {
  const done = setup.ssh(['echo up; sleep 1000']);
  await until(() => setup.host.output.includes('up'), 'the program runs');
  setup.sshd.kill();
  const { code, error } = await done;
  await setup.sshd.restart();
  expect(code).toBe(255);
  expect(error).toContain('the connection to the target was lost');
  expect(setup.host.outcomes.at(-1)!.completion).toBe('cut off');
});

describe('withdrawal', () => {
  test('SH-10: terminating ends both sides at once', async () => {
    const marker = `${setup.folder}/terminated`;
    const child = setup.start([`echo $$; sleep 1000; touch ${marker}`], ['-tt']);
    const done = finished(child);
    await until(() => setup.host.output.includes('\n'), 'the program runs');
    const pid = Number(/\d+/.exec(setup.host.output)![0]);
    const started = performance.now();
    setup.host.sessions.at(-1)!.request.terminate('offboarded');
    const { code, error } = await done;
    expect(performance.now() - started).toBeLessThan(1000);
    expect(code).toBe(255);
    expect(error).toContain('terminated: offboarded');
    await until(() => !fs.existsSync(`/proc/${pid}`), 'the program on the target ended');
  });

  test('SH-10: a program is cut when policy no longer permits it', async () => {
    const done = setup.ssh(['echo up; sleep 1000']);
    await until(() => setup.host.output.includes('up'), 'the program runs');
    setup.host.opinion = programs(() => deny());
    const { code, error } = await done;
    expect(code).toBe(126);
    expect(error).toContain('access was withdrawn while it ran');
    expect(setup.host.outcomes.at(-1)!.completion).toBe('cut off');
  });

  test('SH-09: each program on a shared connection is judged when it starts', async () => {
    const shared = ['-o', `ControlPath=${setup.folder}/mux`];
    const master = setup.start([], [...shared, '-M', '-N']);
    const gone = finished(master);
    await until(() => fs.existsSync(`${setup.folder}/mux`), 'the shared connection');
    expect((await setup.ssh(['echo one'], { before: shared })).out).toBe('one\n');
    setup.host.opinion = programs(() => deny());
    expect((await setup.ssh(['echo two'], { before: shared })).code).toBe(126);
    expect(setup.host.sessions).toHaveLength(1);
    master.kill();
    await gone;
  });
});

describe('masks', () => {
  const field = { kind: 'Field', resource: 'box', path: 'detector:email' } as const;
  const masking: ResourceBinding['fields'] = [
    { field, tags: ['pii'], mask: 'redact', by: { detector: 'email' }, in: 'response' },
  ];

  test('what a detector finds is hidden in output and error output', async () => {
    setup.host.bindings.set('box', { ...bindingOf(setup.sshd), fields: masking });
    setup.host.opinion = programs((action) => {
      expect(action.lineage.fields).toEqual([{ field, tags: ['pii'], mask: 'redact' }]);
      return permit([{ kind: 'maskField', field, method: 'redact' }]);
    });
    const { out, error } = await setup.ssh(['echo mail ann@example.com now; echo bob@example.com >&2']);
    expect(out).toMatch(/^mail .* now\n$/);
    expect(out + error + setup.host.output).not.toMatch(/ann@|bob@/);
  });

  test('output that no detector can read ends the program', async () => {
    setup.host.opinion = programs(() => permit([{ kind: 'maskField', field, method: 'redact' }]));
    const { code, out } = await setup.ssh(['printf "\\377\\377 ann@example.com\\n"; sleep 100']);
    expect(code).toBe(126);
    expect(out).not.toContain('ann@');
  });

  test('a mask that is not known here is not promised: nothing runs', async () => {
    const other = { ...field, path: '$.email' };
    setup.host.opinion = programs(() => permit([{ kind: 'maskField', field: other, method: 'redact' }]));
    const { code } = await setup.ssh(['echo ann@example.com']);
    expect(code).toBe(255);
    expect(setup.host.outcomes.at(-1)!.completion).toBe('what it prints cannot be masked');
  });
});
