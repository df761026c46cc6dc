import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Attach, Exec, KubeConfig } from '@kubernetes/client-node';
import type { V1Status } from '@kubernetes/client-node';
import type { Kubernetes, KubectlResult } from './index.js';
import { kubectl, startKubernetes } from './index.js';

let server: Kubernetes;
beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.stop());

const transports = [
  {
    name: 'WebSocket',
    env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true' },
    method: 'GET',
    protocol: 'v5.channel.k8s.io',
  },
  { name: 'SPDY', env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }, method: 'POST', protocol: 'v4.channel.k8s.io' },
];

describe.each(transports)('over $name', ({ env, method, protocol }) => {
  const run = (args: string[], input?: string): Promise<KubectlResult> =>
    kubectl(args, { kubeconfig: server.kubeconfig(), env, input });
  const exec = (...argv: string[]): Promise<KubectlResult> => run(['exec', 'api', '-n', 'payments', '--', ...argv]);

  test('output, errors and the exit code come back', async () => {
    const done = await exec('sh', '-c', 'echo out; echo err >&2; exit 3');
    expect(done).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 3\n' });
    const last = server.requests.at(-1);
    expect(last).toMatchObject({ method, code: 101, httpVersion: '1.1' });
    expect(last?.command).toMatchObject({
      pod: 'payments/api',
      container: 'api',
      argv: ['sh', '-c', 'echo out; echo err >&2; exit 3'],
      protocol,
      exitCode: 3,
    });
  });

  test('the environment holds what the pod was given', async () => {
    const { stdout } = await exec('env');
    expect(stdout).toContain(`API_TOKEN=${server.secrets.environment}\n`);
    expect(stdout).toContain(`DATABASE_PASSWORD=${server.secrets.secretValue}\n`);
  });

  test('input is read to its end', async () => {
    const done = await run(['exec', '-i', 'api', '-n', 'payments', '--', 'wc', '-c'], 'x'.repeat(100_000));
    expect(done.stdout.trim()).toBe('100000');
    expect(server.requests.at(-1)?.command?.stdin).toHaveLength(100_000);
  });

  test('a program that is not there', async () => {
    const { code, stderr } = await exec('nosuch');
    expect(code).toBe(1);
    expect(stderr).toContain('exec: "nosuch": executable file not found in $PATH');
  });

  test('files are copied there and back', async () => {
    const [source, copy] = [join(server.directory, `source-${method}`), join(server.directory, `copy-${method}`)];
    const content = randomBytes(1_500_000);
    writeFileSync(source, content);
    expect((await run(['cp', source, `payments/api:/tmp/copied-${method}`])).code).toBe(0);
    expect((await run(['cp', `payments/api:/tmp/copied-${method}`, copy])).code).toBe(0);
    expect(readFileSync(copy).equals(content)).toBe(true);
  });

  test('attach sees the main process', async () => {
    const done = await run(['attach', '-i', 'api', '-n', 'payments'], 'hello\n');
    expect(done.stdout).toBe('attached\nhello\n');
  });
});

function config(): KubeConfig {
  const loaded = new KubeConfig();
  loaded.loadFromFile(server.kubeconfig());
  return loaded;
}

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

test('a terminal echoes, edits and reports its size', async () => {
  const stdout = Object.assign(new Collected(), { columns: 80, rows: 24 });
  const stdin = new Readable({ read: () => undefined });
  const status = new Promise<V1Status>((resolve, reject) => {
    const exec = new Exec(config());
    exec.exec('payments', 'api', 'api', ['sh'], stdout, null, stdin, true, resolve).catch(reject);
  });
  stdin.push("echX\x7fo typ'ed'\rexit 5\r");
  const { status: outcome, details } = await status;
  expect(outcome).toBe('Failure');
  expect(details?.causes).toMatchObject([{ reason: 'ExitCode', message: '5' }]);
  expect(stdout.text).toContain('typed\r\n');
  const command = server.requests.at(-1)?.command;
  expect(command).toMatchObject({ tty: true, sizes: [{ columns: 80, rows: 24 }] });
});

test('the JavaScript client attaches', async () => {
  const stdout = new Collected();
  const socket = await new Attach(config()).attach('payments', 'api', 'api', stdout, null, null, false);
  await new Promise((resolve) => socket.addEventListener('close', resolve));
  expect(stdout.text).toBe('attached\n');
});
