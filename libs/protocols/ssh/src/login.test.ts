import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { finished, makeSshKey } from '@sallyport/testing';
import { fingerprintOf } from './login/public-key.js';
import { deny, permit } from './testing/testing-host.js';
import { bindingOf, TestingSetup } from './testing/testing-setup.js';

let setup: TestingSetup;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => setup.reset());

const noSuchResource = 'no such resource, or no permission to connect to it';
const withKeys = [
  '-o',
  'PubkeyAuthentication=yes',
  '-o',
  'PreferredAuthentications=publickey',
  '-o',
  'IdentitiesOnly=yes',
];

function keyOf(file: string): string {
  const [, base64] = fs.readFileSync(`${file}.pub`, 'utf8').split(' ');
  return fingerprintOf(Buffer.from(base64!, 'base64'));
}

test('a wrong token is refused', async () => {
  const { code, error } = await setup.ssh(['true'], { token: 'wrong' });
  expect(code).toBe(255);
  expect(error).toContain('Permission denied');
  expect(setup.host.sessions).toHaveLength(0);
});

test('the token is taken as an answer as well', async () => {
  // Of two values for one option ssh takes the first.
  const first = ['-o', 'PreferredAuthentications=keyboard-interactive'];
  expect((await finished(setup.spawn('ssh', [...first, ...setup.target(), 'echo in']), '')).out).toBe('in\n');
});

test.each(['nowhere', 'BOX', 'box ', '+box', 'root+', 'a+b+box', '../box', '%u+box', 'root\\+box'])(
  'SH-13: %j leads nowhere, in the same words',
  async (user) => {
    const { code, error } = await setup.ssh(['true'], { user });
    expect(code).toBe(255);
    expect(error).toContain(noSuchResource);
    expect(setup.host.sessions).toHaveLength(0);
  },
);

test('SH-13: another login must be on the list of the resource', async () => {
  const { username } = setup.sshd;
  expect((await setup.ssh(['true'], { user: `${username}+box` })).code).toBe(0);
  expect((await setup.ssh(['true'], { user: 'postgres+box' })).error).toContain(noSuchResource);
  const binding = bindingOf(setup.sshd);
  setup.host.bindings.set('box', { ...binding, ssh: { ...binding.ssh!, logins: ['nobody-here'] } });
  const { error } = await setup.ssh(['true'], { user: 'nobody-here+box' });
  expect(error).toContain('the target of this resource cannot be reached');
  expect(setup.host.decisions.at(-1)!.action.context['ssh']).toMatchObject({ login: 'nobody-here' });
});

test('whom policy does not let connect hears the words for a resource that is not there', async () => {
  setup.host.opinion = (action) => (action.kind === 'connect' ? deny('secret reason') : permit());
  const { code, error } = await setup.ssh(['true']);
  expect(code).toBe(255);
  expect(error).toContain(noSuchResource);
  expect(error).not.toContain('secret reason');
  expect(setup.host.sessions[0]!.closed).toBeDefined();
});

describe('public keys', () => {
  function use(file: string, ...options: readonly string[]): Promise<{ code: number | null; error: string }> {
    const child = setup.spawn('ssh', [...withKeys, ...options, '-i', file, ...setup.target(), 'true']);
    let error = '';
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
    child.stdin.end();
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, error })));
  }

  test.each(['ed25519', 'rsa', 'ecdsa'])('SH-11: a registered %s key proves who it is', async (type) => {
    const file = path.join(setup.folder, `known-${type}`);
    makeSshKey(file, '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []));
    setup.host.keys.set(keyOf(file), 'ann');
    expect(await use(file)).toMatchObject({ code: 0 });
    expect(setup.host.sessions[0]!.request.authenticated).toMatchObject({ credentialId: 'key-of-ann' });
  });

  test('SH-11: a key that nobody registered proves nobody', async () => {
    const file = path.join(setup.folder, 'unknown');
    makeSshKey(file);
    expect((await use(file)).code).toBe(255);
    expect(setup.host.sessions).toHaveLength(0);
  });

  test('SH-11: SHA-1 is no signature', async () => {
    const file = path.join(setup.folder, 'sha1');
    makeSshKey(file, '-t', 'rsa', '-b', '2048');
    setup.host.keys.set(keyOf(file), 'ann');
    expect((await use(file, '-o', 'PubkeyAcceptedAlgorithms=ssh-rsa')).code).toBe(255);
    expect(setup.host.sessions).toHaveLength(0);
  });

  test('SH-11: a certificate is not taken for its key, nor for its authority', async () => {
    const file = path.join(setup.folder, 'certified');
    const authority = path.join(setup.folder, 'authority');
    makeSshKey(file);
    makeSshKey(authority);
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'id', '-n', 'box', `${file}.pub`]);
    setup.host.keys.set(keyOf(authority), 'root');
    expect((await use(file, '-o', `CertificateFile=${file}-cert.pub`)).code).toBe(255);
    expect(setup.host.sessions).toHaveLength(0);
  });
});

describe('the target’s host key', () => {
  test.each([
    ['another key', (other: string) => [other]],
    ['none', () => []],
    ['a key that cannot be read', () => ['ssh-ed25519 !!!']],
    ['a key under another type’s name', () => [setup.sshd.hostKey.replace('ssh-ed25519', 'ssh-rsa')]],
  ])('SH-18: %s configured: no connection, and no credential is shown', async (_name, keysOf) => {
    const file = path.join(setup.folder, `host-${Math.random()}`);
    makeSshKey(file);
    const hostKeys = keysOf(fs.readFileSync(`${file}.pub`, 'utf8'));
    const binding = bindingOf(setup.sshd);
    setup.host.bindings.set('box', { ...binding, ssh: { hostKeys, logins: [] } });
    const { code, error } = await setup.ssh(['true']);
    expect(code).toBe(255);
    expect(error).toContain('the target of this resource cannot be reached');
    expect(setup.host.logs.join('\n')).toContain('the target cannot be used');
  });
});

test('a key of the target that cannot be read stays out of the log', async () => {
  const binding = bindingOf(setup.sshd);
  setup.host.bindings.set('box', { ...binding, credential: { ...binding.credential, privateKey: 'CANARY-not-a-key' } });
  const { code } = await setup.ssh(['true']);
  expect(code).toBe(255);
  expect(setup.host.logs.join('\n')).not.toContain('CANARY');
});
