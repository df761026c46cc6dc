import fs from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import type { Action } from '@sallyport/domain';
import { finished } from '@sallyport/testing';
import { deny, hold, permit, type Opinion } from './testing/testing-host.js';
import { TestingSetup, until } from './testing/testing-setup.js';

let setup: TestingSetup;
let echo: Server;
let echoPort: number;

beforeAll(async () => {
  setup = await TestingSetup.start();
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  echoPort = (echo.address() as AddressInfo).port;
});
afterAll(async () => {
  await setup.stop();
  echo.close();
});
beforeEach(() => setup.reset());

function forwards(opinion: Opinion): Opinion {
  return (action) => (action.effects[0]!.verb === 'forward' ? opinion(action) : permit());
}

function facts(action: Action): Record<string, unknown> {
  return action.context['ssh'] as Record<string, unknown>;
}

/** `ssh -W`: one forwarded connection on standard input and output. */
function through(target: string, input = 'ping'): ReturnType<typeof finished> {
  return finished(setup.spawn('ssh', setup.target(['-W', target])), input);
}

test('SH-02: a permitted connection is forwarded and recorded', async () => {
  const { out } = await through(`127.0.0.1:${echoPort}`);
  expect(out).toBe('ping');
  const { action } = setup.host.decisions.at(-1)!;
  expect(action.effects).toEqual([{ verb: 'forward', object: { kind: 'Resource', resource: 'box' } }]);
  expect(facts(action)).toMatchObject({ operation: 'direct-tcpip', target: '127.0.0.1', port: echoPort });
  expect(Buffer.concat(setup.host.requests).toString()).toBe('ping');
  expect(setup.host.output).toBe('ping');
  await until(
    () => setup.host.outcomes.some(({ completion }) => completion === '4 bytes sent, 4 received'),
    'the outcome',
  );
});

test('SH-02: a denied connection is not made', async () => {
  setup.host.opinion = forwards(() => deny('no tunnels'));
  const { code, error, out } = await through(`127.0.0.1:${echoPort}`);
  expect({ code, out }).toEqual({ code: 255, out: '' });
  expect(error).toContain('administratively prohibited');
  expect(error).toContain('no tunnels');
});

test.each([
  '169.254.169.254',
  '100.100.100.200',
  '0.0.0.0',
  '[fe80::1]',
  '[::ffff:169.254.169.254]',
  '127.1',
  '2130706433',
])('SH-02: %s is never connected to, whatever policy says', async (address) => {
  const { code } = await through(`${address}:${echoPort}`);
  expect(code).toBe(255);
  expect(setup.host.outcomes.some(({ completion }) => completion.includes('bytes'))).toBe(false);
});

test('SH-02: an IPv4-mapped address is the IPv4 address to policy', async () => {
  expect((await through(`[::ffff:127.0.0.1]:${echoPort}`)).out).toBe('ping');
  expect(facts(setup.host.decisions.at(-1)!.action)).toMatchObject({ target: '127.0.0.1' });
});

test('SH-02: the control plane is never connected to', async () => {
  setup.host.forbiddenPort = echoPort;
  expect((await through(`127.0.0.1:${echoPort}`)).code).toBe(255);
  expect(setup.host.outcomes.at(-1)!.completion).toBe('the address is never connected to');
});

test('SH-02: a held connection waits', async () => {
  setup.host.opinion = forwards(() => hold());
  const running = through(`localhost:${echoPort}`);
  const { action } = await setup.host.approvals.decide({ state: 'approved' });
  expect(action.text).toBe(`direct-tcpip localhost:${echoPort}`);
  expect((await running).out).toBe('ping');
});

test('SH-02: a socket on the target is reached by its path', async () => {
  const path = `${fs.realpathSync(setup.folder)}/echo.sock`;
  const server = createServer((socket) => socket.pipe(socket)).listen(path);
  const local = `${setup.folder}/local.sock`;
  const child = setup.start([], ['-N', '-L', `${local}:${path}`]);
  const done = finished(child);
  await until(() => fs.existsSync(local), 'the local end');
  expect(await talk({ path: local })).toBe('ping');
  expect(facts(setup.host.decisions.at(-1)!.action)).toMatchObject({ operation: 'direct-streamlocal', path });
  child.kill();
  await done;
  server.close();
});

test('SH-02: the target listens where policy lets it, and each connection is judged', async () => {
  const child = setup.start([], ['-N', '-v', '-R', `0:127.0.0.1:${echoPort}`]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const done = finished(child);
  await until(() => /Allocated port \d+/.test(said), 'the target listens');
  const port = Number(/Allocated port (\d+)/.exec(said)![1]);
  expect(await talk({ port })).toBe('ping');
  expect(setup.host.executed()).toHaveLength(2);
  setup.host.opinion = forwards(() => deny());
  expect(await talk({ port })).toBe('');
  await until(() => setup.host.outcomes.some(({ completion }) => completion === 'cut off'), 'it no longer listens');
  child.kill();
  await done;
});

test('SH-02: listening is denied', async () => {
  setup.host.opinion = forwards(() => deny());
  const { code, error } = await finished(
    setup.start([], ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', `0:127.0.0.1:${echoPort}`]),
    '',
  );
  expect(code).toBe(255);
  expect(error).toContain('remote port forwarding failed');
});

test('SH-10: a forwarded connection ends when policy no longer permits it', async () => {
  const child = setup.start([], ['-W', `127.0.0.1:${echoPort}`]);
  const done = finished(child);
  child.stdin.write('ping');
  await until(() => setup.host.output === 'ping', 'the connection works');
  setup.host.opinion = forwards(() => deny());
  await done;
  expect(setup.host.outcomes.at(-1)!.completion).toBe('cut off');
});

/** What an echo server answers; empty when there is none. */
function talk(where: { port: number } | { path: string }): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect('port' in where ? { ...where, host: '127.0.0.1' } : where);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.length >= 4) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
    socket.write('ping');
  });
}
