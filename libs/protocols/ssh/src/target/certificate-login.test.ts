import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startSshServer } from '@sallyport/testing';
import { TestingAuthority } from '../testing/testing-authority.js';
import { bindingOf, TestingSetup } from '../testing/testing-setup.js';
import { connectUpstream } from './upstream.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-authority-'));
const authority = new TestingAuthority(folder);
const trust = [`TrustedUserCAKeys ${authority.publicKeyFile}`, 'AuthorizedKeysFile none', 'LogLevel VERBOSE'];
const key = authority.key();
let setup: TestingSetup;

beforeAll(async () => {
  setup = await TestingSetup.start(trust);
});
afterAll(async () => {
  await setup.stop();
  fs.rmSync(folder, { recursive: true });
});
beforeEach(() => setup.reset());

/** What becomes of a command where the target is logged in to with this. */
async function run(credential: { privateKey: string; certificate?: string }, logins: readonly string[] = []) {
  const binding = bindingOf(setup.sshd);
  const { username } = setup.sshd;
  setup.host.bindings.set('box', {
    ...binding,
    credential: { username, ...credential },
    ssh: { ...binding.ssh!, logins },
  });
  const user = logins.length > 0 ? `${logins[0]}+box` : 'box';
  const { code, out, error } = await setup.ssh(['echo in'], { user });
  return { code, out, error, log: setup.host.logs.join('\n') };
}

const ssh = 'the target of this resource cannot be reached: ';

test.each([
  ['Ed25519'],
  ['RSA', '-t', 'rsa', '-b', '2048'],
  ['ECDSA (256)', '-t', 'ecdsa', '-b', '256'],
  ['ECDSA (384)', '-t', 'ecdsa', '-b', '384'],
  ['ECDSA (521)', '-t', 'ecdsa', '-b', '521'],
])('a host that trusts the authority takes the certificate of an %s key', async (_name, ...options) => {
  const made = authority.key(...options);
  const certificate = authority.certify(made, '-n', setup.sshd.username, '-V', '-1m:+1h', '-I', `of ${made.file}`);
  expect(await run({ privateKey: made.privateKey, certificate })).toMatchObject({ code: 0, out: 'in\n' });
  expect(setup.sshd.log()).toContain(`ID of ${made.file}`);
});

test('the key alone does not get in', async () => {
  const { code, error } = await run({ privateKey: key.privateKey });
  expect(code).toBe(255);
  expect(error).toContain(`${ssh}the target refuses the credential`);
});

test('a host that takes SHA-256 only gets it', async () => {
  const sshd = await startSshServer([...trust, 'PubkeyAcceptedAlgorithms rsa-sha2-256-cert-v01@openssh.com']);
  const { privateKey, ...made } = authority.key('-t', 'rsa', '-b', '2048');
  const certificate = authority.certify({ privateKey, ...made }, '-n', sshd.username);
  const { port, username, hostKey } = sshd;
  const target = { host: '127.0.0.1', port, hostKeys: [hostKey], forbidden: () => false };
  const credential = { username, privateKey, certificate };
  try {
    (await connectUpstream({ ...target, credential }, new AbortController().signal)).close();
  } finally {
    await sshd.stop();
  }
});

describe('the client hears why not', () => {
  test.each<[string, string, (user: string) => string]>([
    [
      'for others',
      'the target refuses the certificate of the credential, which does not name the account',
      () => authority.certify(key, '-n', 'somebody-else'),
    ],
    [
      'for nobody',
      'the target refuses the certificate of the credential, which does not name the account',
      () => authority.certify(key),
    ],
    [
      'over',
      'the certificate of the credential has expired',
      (user) => authority.certify(key, '-n', user, '-V', '20200101:20200102'),
    ],
    [
      'for tomorrow',
      'the certificate of the credential is not valid yet',
      (user) => authority.certify(key, '-n', user, '-V', '+1d:+2d'),
    ],
    [
      'for another key',
      'the certificate of the credential is for another key',
      (user) => authority.certify(authority.key(), '-n', user),
    ],
    [
      'a host’s',
      'the certificate of the credential is no user certificate that can be read',
      (user) => authority.certify(key, '-h', '-n', user),
    ],
  ])('a certificate that is %s', async (_name, words, certificate) => {
    const { code, out, error, log } = await run({
      privateKey: key.privateKey,
      certificate: certificate(setup.sshd.username),
    });
    expect({ code, out }).toEqual({ code: 255, out: '' });
    expect(error).toContain(`${ssh}${words}`);
    expect(log).toContain(words);
  });

  test('a certificate of an authority that the host does not know', async () => {
    const stranger = fs.mkdtempSync(path.join(folder, 'stranger-'));
    const certificate = new TestingAuthority(stranger).certify(key, '-n', setup.sshd.username);
    const { code, error } = await run({ privateKey: key.privateKey, certificate });
    expect(code).toBe(255);
    expect(error).toContain(`${ssh}the target refuses the certificate of the credential\r\n`);
  });

  test('another login of the resource has to be in the certificate too', async () => {
    const certificate = authority.certify(key, '-n', setup.sshd.username);
    const { error } = await run({ privateKey: key.privateKey, certificate }, ['nobody']);
    expect(error).toContain('which does not name the account');
  });
});

test('a certificate without its key is no credential', async () => {
  const binding = bindingOf(setup.sshd);
  const certificate = authority.certify(key, '-n', setup.sshd.username);
  const credential = { username: setup.sshd.username, password: 'secret', certificate };
  setup.host.bindings.set('box', { ...binding, credential });
  expect((await setup.ssh(['true'])).error).toContain(`${ssh}the certificate of the credential has no private key`);
});
