import { deny, hold, permit, permitAll } from './testing/testing-host.js';
import { TestingSetup, finished, until } from './testing/testing-setup.js';

let setup: TestingSetup;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => {
  const { host } = setup;
  host.opinion = permitAll;
  host.failRecording = false;
  for (const list of [host.decisions, host.outcomes, host.notes, host.responses, host.requests, host.sessions]) {
    list.length = 0;
  }
});

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
  setup.host.opinion = (action) => (action.kind === 'exec' ? deny('not on Fridays') : permit());
  const marker = `${setup.folder}/denied`;
  const { code, error } = await setup.ssh([`touch ${marker}`]);
  expect(code).toBe(126);
  expect(error).toMatch(/sallyport: blocked by access policy: not on Fridays \(decision session-1\.2\)/);
  expect(setup.host.executed()).toEqual([]);
});
