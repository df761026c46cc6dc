import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { demoHostLogin, startDemoSshHost } from './demo-ssh-host.js';
import { demoSshKey } from './demo-ssh-keys.js';

let data: string;
let port: number;
let host: { stop(): Promise<void> };
const privateKey = (name: string): string => fs.readFileSync(path.join(data, name), 'utf8');

beforeAll(async () => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-host-'));
  port = await freePort();
  const [hostKey, loginKey] = ['host', 'login', 'other'].map((name) => demoSshKey(path.join(data, name)));
  const options = { data, port, hostKey: privateKey('host'), loginKey: loginKey!.publicLine };
  expect(hostKey!.publicLine).toMatch(/^ssh-ed25519 AAAA/);
  host = await startDemoSshHost(options);
});
afterAll(async () => {
  await host.stop();
  fs.rmSync(data, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

async function login(config: ConnectConfig = {}): Promise<Client> {
  const client = new ssh2.Client();
  const ready = new Promise<Client>((resolve, reject) => {
    client.once('ready', () => resolve(client)).on('error', reject);
  });
  client.connect({ host: '127.0.0.1', port, username: demoHostLogin, privateKey: privateKey('login'), ...config });
  return ready;
}

async function run(command: string, input = ''): Promise<{ status: number | null; output: string }> {
  const client = await login();
  try {
    return await new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let output = '';
        let status: number | null = null;
        channel.on('data', (chunk: Buffer) => (output += chunk.toString()));
        channel.on('exit', (code: number | null) => (status = code));
        channel.on('close', () => resolve({ status, output }));
        channel.end(input);
      });
    });
  } finally {
    client.end();
  }
}

test('runs what it is told in its own folder, with its input and its status', async () => {
  expect(await run('ls')).toEqual({ status: 0, output: 'old.log\npayroll.csv\nreadme\n' });
  expect(await run('cat', 'through\n')).toEqual({ status: 0, output: 'through\n' });
  expect(await run('exit 3')).toEqual({ status: 3, output: '' });
  expect((await run('env')).output).not.toMatch(/SALLYPORT|npm_/);
});

test('is not root, whoever started it', async () => {
  const { output } = await run('id -u; id -G');
  expect(output).toBe(process.getuid!() === 0 ? '65534\n65534\n' : output);
  expect(output).not.toMatch(/^0$/m);
});

test.each<[string, () => ConnectConfig]>([
  ['another key', () => ({ privateKey: privateKey('other') })],
  ['the key of the host itself', () => ({ privateKey: privateKey('host') })],
  ['another name', () => ({ username: 'root' })],
  ['a password', () => ({ privateKey: undefined, password: 'secret' })],
])('%s does not get in', async (_what, config) => {
  await expect(login(config())).rejects.toThrow('authentication methods failed');
});

test('stops while somebody is connected', async () => {
  const own = await freePort();
  const loginKey = demoSshKey(path.join(data, 'login')).publicLine;
  const other = await startDemoSshHost({ data, port: own, hostKey: privateKey('host'), loginKey });
  const client = await login({ port: own });
  client.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await other.stop();
  await closed;
  await expect(login({ port: own })).rejects.toThrow('ECONNREFUSED');
});

test('what runs ends with its connection', async () => {
  const client = await login();
  const pid = await new Promise<number>((resolve, reject) => {
    client.exec('echo $$; sleep 100; true', (error, channel) => {
      if (error) return reject(error);
      channel.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
  });
  expect(fs.existsSync(`/proc/${pid}`)).toBe(true);
  client.destroy();
  const deadline = Date.now() + 5000;
  while (fs.existsSync(`/proc/${pid}`) && Date.now() < deadline) await sleep(20);
  expect(fs.existsSync(`/proc/${pid}`)).toBe(false);
});
