import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSource } from '../testing-child.js';
import { eventually } from '../testing-control-plane.js';
import { openingFlags } from './closed-process.js';

const main = join(import.meta.dirname, '../main.ts');
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

test.each([
  ['--inspect=127.0.0.1:0'],
  ['--heapsnapshot-signal=SIGUSR2'],
  ['--heapsnapshot_near_heap_limit=1'],
  ['--report-on-signal'],
])(
  'CP-05: a gateway does not start with %s',
  async (flag) => {
    const child = spawnSource(main, [], { env: { PATH: process.env['PATH'], NODE_OPTIONS: flag } });
    let errors = '';
    child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
    expect(errors).toContain('secrets in memory');
  },
  60_000,
);

test('CP-05: flags that show memory are found wherever they stand, others are let be', () => {
  expect(openingFlags(['--inspect-brk', '--enable-source-maps'], '--heap-prof --max-old-space-size=100')).toHaveLength(
    2,
  );
  expect(openingFlags([], '"--report_uncaught_exception"')).toHaveLength(1);
  expect(openingFlags(['--disable-sigusr1', '--import', './x.js', '--no-warnings'], '')).toEqual([]);
});
