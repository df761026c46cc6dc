import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InstanceLock } from './instance-lock.js';
import { identify } from './process-identity.js';

let data: string;
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-lock-'));
});
afterEach(() => fs.rmSync(data, { recursive: true }));

const lockFile = (): string => path.join(data, 'up.lock');

test('a second start on the same directory is refused with the holder and what to do', async () => {
  const lock = await InstanceLock.acquire(data, 0);
  await expect(InstanceLock.acquire(data, 0)).rejects.toThrow(new RegExp(`process ${process.pid}.*--data`));
  lock.release();
  (await InstanceLock.acquire(data, 0)).release();
});

test('what a killed process left behind does not count', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const identity = identify(child.pid!)!;
  fs.writeFileSync(lockFile(), JSON.stringify(identity));
  await expect(InstanceLock.acquire(data, 0)).rejects.toMatchObject({ exitCode: 5 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await InstanceLock.acquire(data, 0)).release();
});

test('another process under the same id does not count either', async () => {
  fs.writeFileSync(lockFile(), JSON.stringify({ pid: process.pid, startedAt: '1' }));
  (await InstanceLock.acquire(data, 0)).release();
});

test('a damaged lock does not count', async () => {
  fs.writeFileSync(lockFile(), '{"pid":');
  (await InstanceLock.acquire(data, 0)).release();
});

test('a start waits for one that is stopping', async () => {
  const lock = await InstanceLock.acquire(data, 0);
  lock.stopping();
  setTimeout(() => lock.release(), 200);
  (await InstanceLock.acquire(data, 0)).release();
});

test('of many starts at once one wins', async () => {
  fs.writeFileSync(lockFile(), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' }));
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => InstanceLock.acquire(data, 0)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
