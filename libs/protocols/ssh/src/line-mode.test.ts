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

/** Policy of somebody who may run commands and no shell. */
function commandsOnly(opinion: Opinion = () => permit()): Opinion {
  return (action) => {
    if (action.effects.some(({ verb }) => verb === 'shell')) return deny('no shells here');
    return action.kind === 'exec' ? opinion(action) : permit();
  };
}

/** A session with a terminal, for tests that read along. */
function terminal(): { said: () => string; type: (text: string) => void; done: ReturnType<typeof finished> } {
  const child = setup.start([], ['-tt']);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { said: () => said, type: (text) => void child.stdin.write(text), done: finished(child) };
}

test('SH-07: who may run commands but no shell gets one of the gateway, and each line is judged', async () => {
  setup.host.opinion = commandsOnly((action) => (action.text.startsWith('touch') ? deny('read only') : permit()));
  const marker = `${setup.folder}/line`;
  const { said, type, done } = terminal();
  await until(() => said().includes('box$ '), 'the prompt');
  type(`echo one; echo two\rtouch ${marker}\rfalse\rexit 3\r`);
  const { code, error } = await done;
  expect(code).toBe(3);
  expect(error).toContain('blocked by access policy: no shells here');
  expect(said()).toMatch(/box\$ echo one; echo two\r\none\r\ntwo\r\n/);
  expect(said()).toMatch(/blocked by access policy: read only \(decision session-1\.\d+\)\r\n\[exit 126\]\r\nbox\$ /);
  expect(said()).toContain('[exit 1]\r\n');
  expect(fs.existsSync(marker)).toBe(false);
  expect(setup.host.executed()).toEqual(['echo one; echo two', 'false']);
  const line = setup.host.decisions.find(({ action }) => action.text === 'false')!;
  expect(line.action.context['ssh']).toMatchObject({ mode: 'line', pty: false, literal: true, operation: 'exec' });
});

test('SH-07: a line asks for no shell of the target in disguise', async () => {
  setup.host.opinion = commandsOnly();
  const { code, out } = await setup.ssh([], { input: 'bash\npython3 -c 1\nenv sh\necho fine\n' });
  expect({ code, out }).toEqual({ code: 0, out: 'fine\n' });
  expect(setup.host.executed()).toEqual(['echo fine']);
});

test('SH-07: what is recorded is what the client saw', async () => {
  setup.host.opinion = commandsOnly();
  const { said, type, done } = terminal();
  await until(() => said().includes('box$ '), 'the prompt');
  type('printf "a\\nb\\n"\rexit\r');
  const { error } = await done;
  expect(said()).toContain('a\r\nb\r\n');
  const told = error.split('\n').filter((text) => text.startsWith('sallyport:'));
  expect(told).toHaveLength(1);
  expect(setup.host.output).toBe(`${told[0]}\n${said()}`);
  expect(setup.host.requests).toEqual([]);
  expect(setup.host.notes.find(({ name }) => name === 'lines')!.detail).toEqual({ seq: 2 });
  expect(setup.host.notes.find(({ detail }) => detail['line'] === 2)!.detail).toMatchObject({ kind: 'exec', seq: 3 });
});

test('SH-07: a held line says what it waits for; the next ones wait behind it', async () => {
  setup.host.opinion = commandsOnly((action) => (action.text === 'echo held' ? hold() : permit()));
  const { said, type, done } = terminal();
  await until(() => said().includes('box$ '), 'the prompt');
  type('echo held\recho next\r');
  const { id } = await setup.host.approvals.pending();
  await until(() => said().includes(`waiting for approval ${id}`), 'the notice');
  expect(setup.host.executed()).toEqual([]);
  await setup.host.approvals.decide({ state: 'approved' });
  await until(() => said().includes('\r\nnext\r\n'), 'the next line');
  type('\x04');
  expect((await done).code).toBe(0);
  expect(setup.host.executed()).toEqual(['echo held', 'echo next']);
});

test('SH-07: an interrupt gives up a held line', async () => {
  setup.host.opinion = commandsOnly((action) => (action.text === 'echo held' ? hold() : permit()));
  const { said, type, done } = terminal();
  await until(() => said().includes('box$ '), 'the prompt');
  type('echo held\r');
  const { id } = await setup.host.approvals.pending();
  type('\x03');
  await until(() => said().includes('[exit 126]'), 'the line is over');
  expect(setup.host.approvals.abandoned).toEqual([id]);
  type('echo still here\rexit\r');
  expect((await done).code).toBe(0);
  expect(said()).toContain('\r\nstill here\r\n');
});

test.each([
  // OpenSSH hands on no signal to what runs as root: there an interrupt lets go at once.
  ['what runs', 'echo $$; exec sleep 60', 1, /\[(?:signal INT|let go)\]\r\n/],
  ['what does not listen', "trap '' INT; echo $$; exec sleep 60", 2, /\[let go\]\r\n/],
])('SH-07: interrupts give up %s', async (_what, command, times, told) => {
  setup.host.opinion = (action) => (action.kind === 'shell' ? commandsOnly()(action) : permit());
  const { said, type, done } = terminal();
  await until(() => said().includes('box$ '), 'the prompt');
  type(`${command}\r`);
  await until(() => /\r\n\d+\r\n/.test(said()), 'it runs');
  const pid = Number(/\r\n(\d+)\r\n/.exec(said())![1]);
  for (let time = 0; time < times; time += 1) type('\x03');
  await until(() => told.test(said()), 'it was given up');
  type('echo still here\rexit 5\r');
  expect((await done).code).toBe(5);
  expect(said()).toContain('\r\nstill here\r\n');
  // What was let go runs on: it has no terminal that could be taken from it.
  if (said().includes('[let go]')) process.kill(pid, 'SIGKILL');
});

test('SH-07: a program gets nothing of what is typed', async () => {
  setup.host.opinion = commandsOnly();
  const { out, code } = await setup.ssh([], { input: 'cat\necho done\n' });
  expect({ out, code }).toEqual({ out: 'done\n', code: 0 });
});

test('SH-07: what lines print is masked', async () => {
  const field = { kind: 'Field', resource: 'box', path: 'detector:email' } as const;
  const fields: ResourceBinding['fields'] = [
    { field, tags: ['pii'], mask: 'redact', by: { detector: 'email' }, in: 'response' },
  ];
  setup.host.bindings.set('box', { ...bindingOf(setup.sshd), fields });
  setup.host.opinion = commandsOnly(() => permit([{ kind: 'maskField', field, method: 'redact' }]));
  const { out } = await setup.ssh([], { input: 'echo mail ann@example.com now\n' });
  expect(out).toMatch(/^mail .* now\n$/);
  expect(out + setup.host.output).not.toContain('ann@');
});

test('SH-10: a line is cut when policy no longer permits it, the session when it is terminated', async () => {
  setup.host.opinion = commandsOnly();
  const { said, type, done } = terminal();
  await until(() => said().includes('box$ '), 'the prompt');
  type('echo up; sleep 60\r');
  await until(() => said().includes('\r\nup\r\n'), 'it runs');
  setup.host.opinion = commandsOnly(() => deny());
  await until(() => said().includes('access was withdrawn while it ran'), 'it was cut');
  setup.host.sessions.at(-1)!.request.terminate('offboarded');
  const { code, error } = await done;
  expect(code).toBe(255);
  expect(error).toContain('terminated: offboarded');
});

test.each<[string, Opinion]>([
  ['who may run nothing', (action) => (action.kind === 'connect' ? permit() : deny('nothing'))],
  [
    'whose policy cannot be asked',
    commandsOnly(() => {
      throw new Error('broken');
    }),
  ],
])('SH-07: %s gets no prompt', async (_who, opinion) => {
  setup.host.opinion = opinion;
  const { said, done } = terminal();
  expect((await done).code).toBe(126);
  expect(said()).not.toContain('box$');
});

test('SH-07: policy may offer lines without saying yet which', async () => {
  setup.host.opinion = (action) => {
    const { mode, argv } = action.context['ssh'] as { mode: string; argv: string };
    if (action.kind === 'connect' || (action.kind === 'shell' && mode === 'line')) return permit();
    return argv === '["echo","listed"]' ? permit() : deny('not on the list');
  };
  const { code, out } = await setup.ssh([], { input: 'echo listed\necho other\n' });
  expect({ code, out }).toEqual({ code: 126, out: 'listed\n' });
});

test('SH-07: a shell that is permitted is one of the target', async () => {
  const { out } = await setup.ssh([], { input: 'x=kept\necho $x\n' });
  expect(out).toBe('kept\n');
});
