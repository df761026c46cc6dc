import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { freePort, issueServerCertificate, makeAuthority } from '@sallyport/testing';
import {
  kubectl,
  kubectlBinary,
  startKubernetes,
  type Kubernetes,
  type KubectlResult,
} from '@sallyport/testing-kubernetes';
import { StreamGateway, type GatewayCertificate } from '../testing/stream-gateway.js';

let cluster: Kubernetes;
let gateway: StreamGateway;
let identity: GatewayCertificate;
beforeAll(async () => {
  cluster = await startKubernetes();
  const authority = await makeAuthority();
  identity = { ca: authority.certificate, ...(await issueServerCertificate(authority, ['localhost'])) };
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  gateway = await new StreamGateway(cluster, identity).start();
});
afterEach(() => gateway.stop());

const kubeconfig = (): string => cluster.kubeconfig('admin', gateway);

/** Runs `kubectl port-forward` as long as it is used. */
async function forwarding<T>(
  env: Record<string, string>,
  port: number,
  use: (local: number, process: ChildProcess, errors: () => string) => Promise<T>,
): Promise<T> {
  const local = await freePort();
  const process_ = spawn(kubectlBinary(), ['port-forward', '-n', 'payments', 'pod/api', `${local}:${port}`], {
    env: { PATH: process.env['PATH'], HOME: cluster.directory, KUBECONFIG: kubeconfig(), ...env },
  });
  let errors = '';
  process_.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  try {
    await once(process_.stdout, 'data');
    return await use(local, process_, () => errors);
  } finally {
    process_.kill('SIGKILL');
  }
}

/** Sends, ends, and returns everything that came back. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', () => {}).on('close', () => resolve(answer));
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !condition(); round++) await new Promise((resolve) => setTimeout(resolve, 25));
}

describe.each([
  ['WebSocket', 'true'],
  ['SPDY', 'false'],
])('K8-03 kubectl over %s', (_, websockets) => {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets };
  const run = (args: string[], input?: string): Promise<KubectlResult> =>
    kubectl(args, { kubeconfig: kubeconfig(), env, input });
  const exec = (...argv: string[]): Promise<KubectlResult> => run(['exec', 'api', '-n', 'payments', '--', ...argv]);

  test('output, errors and the exit code come back, and are recorded', async () => {
    expect(await exec('sh', '-c', 'echo out; echo err >&2; exit 3')).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    await until(() => gateway.ended.length > 0);
    expect(gateway.ended).toEqual(['exit 3 failed']);
    expect(gateway.tape.lines).toEqual(expect.arrayContaining(['< out\n', '< err\n']));
    expect(gateway.tape.flushed).toBe(gateway.tape.lines.length);
  });

  test('input is read to its end', async () => {
    const done = await run(['exec', '-i', 'api', '-n', 'payments', '--', 'wc', '-c'], 'x'.repeat(1_000_000));
    expect(done.stdout.trim()).toBe('1000000');
    const recorded = gateway.tape.lines.filter((line) => line.startsWith('> ')).map((line) => line.length - 2);
    expect(recorded.reduce((sum, length) => sum + length, 0)).toBe(1_000_000);
  });

  test('files are copied there and back', async () => {
    const [source, copy] = ['source', 'copy'].map((name) => join(cluster.directory, `${name}-${websockets}`));
    const content = randomBytes(1_500_000);
    writeFileSync(source!, content);
    expect((await run(['cp', source!, `payments/api:/tmp/copied-${websockets}`])).code).toBe(0);
    expect((await run(['cp', `payments/api:/tmp/copied-${websockets}`, copy!])).code).toBe(0);
    expect(readFileSync(copy!).equals(content)).toBe(true);
  });

  test('a command that is cut off says why', async () => {
    const running = run(['exec', '-i', 'api', '-n', 'payments', '--', 'sh', '-c', 'echo ready; exec sleep 3']);
    await until(() => gateway.tape.lines.includes('< ready\n'));
    gateway.tunnels.forEach((tunnel) => tunnel.terminate('access was revoked'));
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([1, 'ready\n']);
    expect(stderr).toContain('access was revoked');
    expect(gateway.ended).toEqual(['lost unknown']);
  });

  test('K8-14 ports are forwarded', async () => {
    const long = 'echoed '.repeat(40_000);
    await forwarding(env, 7, async (local) => {
      expect(await Promise.all([exchange(local, long), exchange(local, 'short')])).toEqual([long, 'short']);
    });
    // Once for each connection, as if the request had named the port.
    expect(gateway.asked.map(({ context }) => context['kubernetes'])).toEqual([
      expect.objectContaining({ subresource: 'portforward', name: 'api', ports: ['7'] }),
      expect.objectContaining({ subresource: 'portforward', name: 'api', ports: ['7'] }),
    ]);
    expect(gateway.asked[0]!.text).toMatch(/portforward to port 7$/);
    await until(() => gateway.tape.lines.filter((line) => line.startsWith('# forwarded')).length === 2);
    expect(gateway.tape.lines.filter((line) => line.startsWith('# forwarded'))).toEqual(
      expect.arrayContaining([expect.stringContaining(`"sent":${long.length},"received":${long.length}`)]),
    );
  });

  test('K8-14 a port that is not permitted is not reached, and kubectl says why', async () => {
    gateway.permits = () => false;
    const before = cluster.requests.flatMap(({ forwardedPorts }) => forwardedPorts ?? []).length;
    await forwarding(env, 8080, async (local, _process, errors) => {
      expect(await exchange(local, 'GET / HTTP/1.1\r\n\r\n')).toBe('');
      await until(() => errors().includes('not permitted'));
      expect(errors()).toContain('forwarding to port 8080 is not permitted');
    });
    expect(cluster.requests.flatMap(({ forwardedPorts }) => forwardedPorts ?? [])).toHaveLength(before);
  });
});

test('K8-03 the JavaScript client runs commands', async () => {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig());
  const [out, status] = [new PassThrough(), new PassThrough({ objectMode: true })];
  let text = '';
  out.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ignored = new Writable({ write: (_chunk, _encoding, done) => done() });
  const command = ['sh', '-c', 'cat; exit 4'];
  const input = Readable.from([Buffer.from('from JavaScript')]);
  await new Exec(config).exec('payments', 'api', 'api', command, out, ignored, input, false, (ended: V1Status) =>
    status.write(ended),
  );
  const [ended] = (await once(status, 'data')) as [V1Status];
  expect(ended).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
  expect(text).toBe('from JavaScript');
  await until(() => gateway.ended.length > 0);
  expect(gateway.ended).toEqual(['exit 4 failed']);
});

test('K8-14 the JavaScript client forwards over numbered channels', async () => {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig());
  const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const socket = await new PortForward(config).portForward('payments', 'api', [7], output, errors, input);
  input.write('over channels');
  expect(String((await once(output, 'data'))[0])).toBe('over channels');
  if ('close' in socket) socket.close();
  await until(() => gateway.ended.length > 0);
  expect(gateway.ended).toEqual(['closed completed']);
});
