import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../testing/eventually.js';
import { openingFlags } from './closed-process.js';

const closed = join(import.meta.dirname, 'closed-process.ts');

test('CP-05: SIGUSR1 opens no inspector, SIGUSR2 writes nothing', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'sallyport-signals-'));
  const code = `import { closeToInspectors } from ${JSON.stringify(closed)};
    closeToInspectors();
    setInterval(() => process.stdout.write('alive\\n'), 20);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: scratch });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const saysMore = (since: number) => eventually(() => said.slice(since).split('alive').length > 15, 20_000);
  try {
    await saysMore(0);
    child.kill('SIGUSR1');
    await saysMore(said.length);
    expect(said).not.toMatch(/debugger|ws:/i);
    const ended = once(child, 'exit');
    child.kill('SIGUSR2');
    expect((await ended)[1]).toBe('SIGUSR2');
    expect(readdirSync(scratch)).toEqual([]);
  } finally {
    child.kill('SIGKILL');
    rmSync(scratch, { recursive: true });
  }
}, 60_000);

test.each(['--inspect=127.0.0.1:0', '--heapsnapshot_signal=SIGUSR2', '--report-on-signal', '--heap-prof'])(
  'CP-05: a control plane does not start with %s, however it comes by it',
  (flag) => {
    expect(openingFlags([flag])).toHaveLength(1);
    expect(openingFlags([], `--no-warnings "${flag}"`)).toHaveLength(1);
  },
);

test('flags that show no memory are let be', () => {
  expect(openingFlags(['--disable-sigusr1', '--import', './x.js'], '--max-old-space-size=100')).toEqual([]);
});
