import ssh2, { type Client } from 'ssh2';
import { deny, permit } from './testing/testing-host.js';
import { TestingSetup } from './testing/testing-setup.js';

let setup: TestingSetup;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => setup.reset());

/** A client library that many scripts use, with none of OpenSSH's habits. */
function connected(): Promise<Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client)).once('error', reject);
    client.connect({ host: '127.0.0.1', port: setup.port, username: 'box', password: 'good-token' });
  });
}

function run(client: Client, command: string): Promise<{ code: number | null; out: string; error: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (failed, channel) => {
      if (failed) return reject(failed);
      const said = { out: '', error: '' };
      channel.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
      channel.stderr.on('data', (chunk: Buffer) => (said.error += chunk.toString()));
      let code: number | null = null;
      channel.on('exit', (status: number | null) => (code = status)).on('close', () => resolve({ code, ...said }));
    });
  });
}

test('many commands at once on one connection of the ssh2 library, each judged by itself', async () => {
  setup.host.opinion = (action) => (action.text.startsWith('echo 3') ? deny('not three') : permit());
  const client = await connected();
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => run(client, `echo ${number}`)));
  expect(results.map(({ out }) => out)).toEqual(['1\n', '2\n', '', '4\n', '5\n', '6\n']);
  expect(results[2]).toMatchObject({ code: 126, error: expect.stringContaining('not three') });
  client.end();
});

test('files by the ssh2 library', async () => {
  const client = await connected();
  const path = `${setup.folder}/by-library`;
  const content = Buffer.alloc(300_000, 'library ');
  const read = await new Promise<Buffer>((resolve, reject) => {
    client.sftp((failed, sftp) => {
      if (failed) return reject(failed);
      sftp.writeFile(path, content, (problem) =>
        problem ? reject(problem) : sftp.readFile(path, (wrong, bytes) => (wrong ? reject(wrong) : resolve(bytes))),
      );
    });
  });
  expect(read.equals(content)).toBe(true);
  client.end();
});

test('SH-01, SH-06: a command with NUL in it is refused', async () => {
  const client = await connected();
  await expect(run(client, `echo one\0; touch ${setup.folder}/nul`)).rejects.toThrow();
  expect(setup.host.executed()).toEqual([]);
  client.end();
});
