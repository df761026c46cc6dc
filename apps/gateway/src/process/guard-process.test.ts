import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { spawnSource } from '../testing-child.js';
import { eventually } from '../testing-control-plane.js';

/** Runs a process with this fault, does something to it once it runs, and waits for its end. */
async function run(
  fault: string,
  act: (child: ChildProcess) => void = () => undefined,
): Promise<{ code: number | null; said: string }> {
  const child = spawnSource(join(import.meta.dirname, 'testing-guarded-process.ts'), [fault]);
  let said = '';
  child.stdout!.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  try {
    await eventually(() => said.includes('running\n'), 10_000);
    act(child);
    return { code: await ended, said };
  } finally {
    child.kill('SIGKILL');
  }
}

test.each(['throw', 'reject'])(
  'after something unforeseen (%s) it accepts nobody and ends with a failure',
  async (fault) => {
    const { code, said } = await run(fault);
    expect(code).toBe(1);
    expect(said).toContain('stop accepting');
    expect(said).toContain('unforeseen');
    expect(said).not.toContain('stopped');
  },
);

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in order, once', async (signal) => {
  const { code, said } = await run('none', (child) => {
    child.kill(signal);
    child.kill(signal);
  });
  expect(code).toBe(0);
  expect(said).toBe('running\nstop\nstopped\n');
});

test('with the parent watched, its end is the end', async () => {
  const { code, said } = await run('watch-parent', (child) => child.stdin!.end());
  expect(code).toBe(0);
  expect(said).toContain('stopped');
});

test('otherwise the end of standard input means nothing', async () => {
  const { code } = await run('none', (child) => {
    child.stdin!.end();
    setTimeout(() => child.kill('SIGKILL'), 300);
  });
  expect(code).toBeNull();
});
