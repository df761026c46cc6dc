import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { spawnSource } from './testing-child.js';
import { eventually, TestingControlPlane } from './testing-control-plane.js';
import { temporaryDirectory } from './testing-gateway.js';

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
}

/** The gateway's own main, in a process of its own. */
function main(env: NodeJS.ProcessEnv): Run {
  const child = spawnSource(join(import.meta.dirname, 'main.ts'), [], { env: { PATH: process.env['PATH'], ...env } });
  let out = '';
  let errors = '';
  child.stdout!.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, out: () => out, errors: () => errors, ended };
}

test('without its configuration it says everything that is missing, and ends with 2', async () => {
  const { ended, errors, out } = main({ SALLYPORT_LOG_LEVEL: 'loud' });
  expect(await ended).toBe(2);
  expect(errors()).toContain('SALLYPORT_STATE_DIR: is required\n');
  expect(errors()).toContain('SALLYPORT_LOG_LEVEL: must be one of');
  expect(out()).toBe('');
}, 30_000);

test('it enrols, listens, becomes ready with its first policy, and ends in order when its parent does', async () => {
  const directory = temporaryDirectory();
  const controlPlane = await new TestingControlPlane().start();
  const { child, out, ended } = main({
    SALLYPORT_CONTROL_PLANE_URL: controlPlane.url,
    SALLYPORT_GATEWAY_NAME: 'local',
    SALLYPORT_ENROLMENT_TOKEN: controlPlane.enrolmentToken(),
    SALLYPORT_STATE_DIR: directory.path,
    SALLYPORT_POSTGRES_LISTEN: '127.0.0.1:0',
    SALLYPORT_POSTGRES_TLS: 'off',
    SALLYPORT_HEALTH_LISTEN: '127.0.0.1:0',
    SALLYPORT_PARENT_WATCH: '1',
  });
  try {
    await eventually(() => out().includes('"msg":"listening"'), 20_000);
    const listening = JSON.parse(
      out()
        .split('\n')
        .find((line) => line.includes('"listening"'))!,
    ) as {
      ports: number[];
      healthPort: number;
    };
    await eventually(() => controlPlane.bodies('gateway.hello').length === 1);
    expect(controlPlane.bodies('gateway.hello')[0]!.adapters.map(({ protocol }) => protocol)).toEqual(['postgres']);
    const health = `http://127.0.0.1:${listening.healthPort}/readyz`;
    expect((await fetch(health)).status).toBe(503);
    controlPlane.publish();
    await eventually(() => out().includes('a policy revision is in force'));
    expect((await fetch(health)).status).toBe(200);
    const socket = connect(listening.ports[0]!, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    child.stdin!.end();
    expect(await ended).toBe(0);
    socket.destroy();
  } finally {
    child.kill('SIGKILL');
    await controlPlane.stop();
    directory.remove();
  }
}, 40_000);
