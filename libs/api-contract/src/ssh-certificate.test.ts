import { resourceSpec } from './index.js';
import { sshUserCertificate } from './ssh-certificate.js';

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const field = (content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
};
const suffix = '-cert-v01@openssh.com';

interface Shape {
  readonly type?: string;
  readonly inside?: string;
  readonly role?: number;
  readonly key?: readonly (Buffer | string)[];
}

/** Field by field as OpenSSH's PROTOCOL.certkeys has them. */
function blob({
  type = 'ssh-ed25519',
  inside = `${type}${suffix}`,
  role = 1,
  key = [Buffer.alloc(32, 1)],
}: Shape): Buffer {
  return Buffer.concat([
    field(inside),
    field(Buffer.alloc(32, 2)),
    ...key.map(field),
    Buffer.alloc(8, 3),
    uint32(role),
    field('gateway'),
    field(field('app')),
    Buffer.alloc(16, 4),
    field(''),
    field(Buffer.concat([field('permit-pty'), field('')])),
    field(''),
    field('the authority’s key'),
    field('its signature'),
  ]);
}
const line = (shape: Shape = {}): string => `${shape.type ?? 'ssh-ed25519'}${suffix} ${blob(shape).toString('base64')}`;
const messages = (text: string): string[] =>
  sshUserCertificate.safeParse(text).error?.issues.map(({ message }) => message) ?? [];

const numbers = [Buffer.of(1, 0, 1), Buffer.alloc(256, 9)];
test.each([
  line(),
  line({ type: 'ssh-rsa', key: numbers }),
  ...['256', '384', '521'].map((bits) =>
    line({ type: `ecdsa-sha2-nistp${bits}`, key: [`nistp${bits}`, Buffer.alloc(65, 4)] }),
  ),
])('%.60s is a user certificate', (text) => {
  for (const written of [text, `${text} app@gateway`, `${text} Ann’s, the old one\n`]) {
    expect(sshUserCertificate.parse(written)).toBe(written.trim());
  }
});

// As ssh-keygen 9.2 wrote it.
const written =
  'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIKiVp8vudFWagrtZoLBbSn8IYzbeDbUphU3BbjgjvFAJAAAAIGibaT5WFhuy/tEVTkZAT9W/1U6p4BAeRtXnrVYr1bp5AAAAAAAAAAAAAAABAAAAB2dhdGV3YXkAAAAHAAAAA2FwcAAAAAAAAAAA//////////8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACCIFJtSAzs5GMATwCamlCtWXQto81uuFAtUPf9jBCRypwAAAFMAAAALc3NoLWVkMjU1MTkAAABAVdEFoR785RV3ykn60ysMogCjPEo31mMK2r12r+b+azOM6Are++GAwwvh1xDmw74sZJclBlZEL+aFHzxPVu9yCA== gateway';

test('one that ssh-keygen wrote', () => {
  expect(messages(written)).toEqual([]);
});

test('a host certificate is called one', () => {
  expect(messages(line({ role: 2 }))).toEqual([expect.stringMatching(/^is a host certificate: must be a user/)]);
});

const other = 'must be an Ed25519, ECDSA or RSA user certificate: ssh-ed25519-cert-v01@openssh.com AAAA… comment';
test.each([
  ['nothing', ''],
  ['a public key', `ssh-ed25519 ${Buffer.concat([field('ssh-ed25519'), field(Buffer.alloc(32))]).toString('base64')}`],
  ['a certificate for nobody', line({ role: 0 })],
  ['a certificate for somebody else', line({ role: 3 })],
  ['another type in front', line({ inside: `ssh-rsa${suffix}` })],
  ['a key in a certificate’s name', line({ inside: 'ssh-ed25519' })],
  ['a security key', line({ type: 'sk-ssh-ed25519', key: [Buffer.alloc(32), 'ssh:'] })],
  ['DSA', line({ type: 'ssh-dss', key: [...numbers, ...numbers] })],
  ['a certificate of a certificate', line({ type: `ssh-ed25519${suffix}` })],
  ['no type', line({ type: 'constructor' })],
  ['a key with a field too many', line({ key: [Buffer.alloc(32), ''] })],
  ['options in front', `cert-authority ${line()}`],
  ['two lines', `${line()}\n${line()}`],
  ['a control character in the comment', `${line()} a\u001b[2J`],
  ['no padding', line().replace(/=+$/, '')],
  ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
])('refused: %s', (_what, text) => {
  expect(messages(text)).toEqual([other]);
});

test('what was cut anywhere, or goes on, is refused', () => {
  const whole = blob({});
  const named = (bytes: Buffer): string => `ssh-ed25519${suffix} ${bytes.toString('base64')}`;
  expect(messages(named(whole))).toEqual([]);
  for (let length = 0; length < whole.length; length += 1) {
    expect(messages(named(whole.subarray(0, length)))).toEqual([other]);
  }
  expect(messages(named(Buffer.concat([whole, Buffer.of(0)])))).toEqual([other]);
});

describe('beside the other credentials of a host', () => {
  const issues = (credential: object): [string, string][] =>
    resourceSpec
      .safeParse({
        protocol: 'ssh',
        upstream: { host: 'host-1', hostKeys: ['ssh-ed25519 AAAA'] },
        credential: { username: 'app', ...credential },
      })
      .error?.issues.map(({ path, message }) => [path.join('.'), message]) ?? [];

  test('it stands beside its key', () => {
    expect(issues({ privateKey: { file: '/run/key' }, certificate: line() })).toEqual([]);
    expect(issues({ privateKey: {}, certificate: line() })).toEqual([]);
    const beside = ['credential.certificate', 'must stand beside the privateKey that it is for'];
    expect(issues({ password: { value: 'secret' }, certificate: line() })).toEqual([beside]);
    expect(issues({ certificate: line() })).toContainEqual(beside);
  });

  test('what is wrong with it is said there, and not quoted', () => {
    const [issue, ...others] = issues({ privateKey: {}, certificate: 'CANARY' });
    expect([issue, others]).toEqual([['credential.certificate', other], []]);
    expect(issues({ privateKey: {}, certificate: { file: '/run/certificate' } })).toHaveLength(1);
  });
});
