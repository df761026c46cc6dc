import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, waitForEnd } from './process-identity.js';
import { SupervisedProcess, type ProcessPlan } from './supervised-process.js';

let data: string;
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-supervised-'));
});
afterEach(() => fs.rmSync(data, { recursive: true }));

const pidFile = (): string => path.join(data, 'pid');
const pid = (): number => Number(fs.readFileSync(pidFile(), 'utf8'));

function plan(source: string, told: string[] = []): ProcessPlan {
  const script = path.join(data, 'script.mjs');
  fs.writeFileSync(script, `import fs from 'node:fs';\n${source}`);
  return {
    log: { data, name: 'thing' },
    script,
    env: { PID_FILE: pidFile() },
    ready: () => fs.promises.access(pidFile()),
    onRestart: (message) => void told.push(message),
  };
}
const lives = `fs.writeFileSync(process.env.PID_FILE, String(process.pid));
process.stdin.on('end', () => process.exit(0)).resume();`;

test('it is ready before start returns, and gone after stop', async () => {
  const supervised = await SupervisedProcess.start(plan(lives));
  const child = identify(pid())!;
  await supervised.stop();
  expect(await waitForEnd(child, 0)).toBe(true);
});

test('killed, it is started again and the reason told', async () => {
  const told: string[] = [];
  const supervised = await SupervisedProcess.start(plan(lives, told));
  const first = pid();
  process.kill(first, 'SIGKILL');
  const deadline = Date.now() + 4000;
  while (pid() === first && Date.now() < deadline) await sleep(50);
  expect(pid()).not.toBe(first);
  expect(told).toEqual([expect.stringContaining('SIGKILL')]);
  await supervised.stop();
});

test('what ends while starting is an error with the end of its log', async () => {
  const failing = plan(`console.error('DATABASE_URL: is required'); process.exit(2);`);
  await expect(SupervisedProcess.start(failing)).rejects.toMatchObject({
    message: 'thing ended while starting',
    details: expect.arrayContaining(['DATABASE_URL: is required']) as unknown,
  });
});

test('a process that was not built says what to do', async () => {
  const missing = { ...plan(''), script: path.join(data, 'none.js') };
  await expect(SupervisedProcess.start(missing)).rejects.toThrow('npm start');
});
