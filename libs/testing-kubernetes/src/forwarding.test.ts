import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { KubeConfig, PortForward } from '@kubernetes/client-node';
import { freePort } from '@sallyport/testing';
import type { Kubernetes } from './index.js';
import { kubectlBinary, startKubernetes } from './index.js';

let server: Kubernetes;
beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.stop());

/** Runs `kubectl port-forward` until the test of it is over. */
async function forwarded<T>(env: Record<string, string>, port: number, use: (local: number) => Promise<T>): Promise<T> {
  const local = await freePort();
  const kubectl = spawn(kubectlBinary(), ['port-forward', '-n', 'payments', 'pod/api', `${local}:${port}`], {
    env: { PATH: process.env['PATH'], HOME: server.directory, KUBECONFIG: server.kubeconfig(), ...env },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      kubectl.stdout.once('data', () => resolve());
      kubectl.on('exit', () => reject(new Error('kubectl ended')));
    });
    return await use(local);
  } finally {
    kubectl.kill('SIGKILL');
  }
}

/** Sends, ends, and returns everything that came back. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
}

test.each([
  ['a WebSocket tunnel', 'true', 'GET'],
  ['SPDY', 'false', 'POST'],
])('kubectl forwards over %s', async (_name, websockets, method) => {
  const env = { KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets };
  const long = 'echoed '.repeat(40_000);
  expect(await forwarded(env, 7, (local) => exchange(local, long))).toBe(long);
  expect(server.requests.at(-1)).toMatchObject({ method, code: 101, forwardedPorts: [7] });
  const answers = await forwarded(env, 8080, (local) =>
    Promise.all(['/a', '/b'].map(async (path) => (await fetch(`http://127.0.0.1:${local}${path}`)).text())),
  );
  expect(answers).toEqual(['pod answers GET /a\n', 'pod answers GET /b\n']);
});

test('a port where nothing listens gives nothing', async () => {
  expect(await forwarded({}, 9999, (local) => exchange(local, 'x'))).toBe('');
});

test('the JavaScript client forwards over numbered channels', async () => {
  const config = new KubeConfig();
  config.loadFromFile(server.kubeconfig());
  const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const socket = await new PortForward(config).portForward('payments', 'api', [7], output, errors, input);
  input.write('over channels');
  const chunk: Buffer = await new Promise((resolve) => output.once('data', resolve));
  expect(chunk.toString()).toBe('over channels');
  if ('close' in socket) socket.close();
});
