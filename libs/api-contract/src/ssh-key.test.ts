import { createHash, generateKeyPairSync } from 'node:crypto';
import { newUser, serviceAccountSpec, userPatch, userSpec } from './index.js';
import { sshPublicKey, withoutComment } from './ssh-key.js';

const field = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};
const line = (type: string, ...fields: (Buffer | string)[]): string =>
  `${type} ${Buffer.concat([type, ...fields].map(field)).toString('base64')}`;
const point = (bytes: number): Buffer => Buffer.concat([Buffer.of(4), Buffer.alloc(bytes - 1, 7)]);
const number = (bits: number): Buffer => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes[0] = 0xff >> (bytes.length * 8 - bits);
  return bytes[0] < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
};
const exponent = Buffer.of(1, 0, 1);
const ed25519 = line('ssh-ed25519', Buffer.alloc(32, 1));
const ecdsa = line('ecdsa-sha2-nistp256', 'nistp256', point(65));
const certificate = 'ssh-ed25519-cert-v01@openssh.com';

test.each([
  ed25519,
  `${ed25519} alice@laptop`,
  `${ed25519} Alice’s laptop, the old one`,
  ecdsa,
  line('ecdsa-sha2-nistp384', 'nistp384', point(97)),
  line('ecdsa-sha2-nistp521', 'nistp521', point(133)),
  line('ssh-rsa', exponent, number(2048)),
  line('ssh-rsa', exponent, number(3072)),
])('%.60s is a public key', (text) => expect(sshPublicKey.safeParse(text).success).toBe(true));

test('so are those that a key generator makes', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  const positive = (text: string): Buffer => Buffer.concat([Buffer.of(0), Buffer.from(text, 'base64url')]);
  const text = line('ssh-rsa', Buffer.from(e!, 'base64url'), positive(n!));
  expect(sshPublicKey.parse(text)).toBe(text);
});

test.each([
  ['nothing', ''],
  ['no base64', 'ssh-ed25519'],
  ['options in front', `from="10.0.0.1" ${ed25519}`],
  ['a certificate', line(certificate, Buffer.alloc(32), Buffer.alloc(32, 1))],
  ['a certificate that calls itself a key', `ssh-ed25519 ${line(certificate, Buffer.alloc(32)).split(' ')[1]}`],
  ['a security key', line('sk-ssh-ed25519@openssh.com', Buffer.alloc(32, 1), 'ssh:')],
  ['DSA', line('ssh-dss', number(1024), number(160), number(1024), number(1024))],
  ['two lines', `${ed25519}\n${ed25519}`],
  ['a line end', `${ed25519}\n`],
  ['a control character in the comment', `${ed25519} a\u001b[2J`],
  ['two spaces', ed25519.replace(' ', '  ')],
  ['another type in front', ed25519.replace('ssh-ed25519', 'ssh-rsa')],
  ['too few bytes', line('ssh-ed25519', Buffer.alloc(31, 1))],
  ['too many bytes', line('ssh-ed25519', Buffer.alloc(33, 1))],
  ['a further field', line('ssh-ed25519', Buffer.alloc(32, 1), '')],
  ['a length that runs over', `ssh-ed25519 ${Buffer.from([0, 0, 0, 99, 1]).toString('base64')}`],
  ['half a length', `ssh-ed25519 ${Buffer.from([0, 0, 0]).toString('base64')}`],
  ['no padding', ecdsa.replace(/=$/, '')],
  ['stray bits behind the base64', ecdsa.replace(/.=$/, (last) => (last === 'c=' ? 'd=' : 'never'))],
  ['another curve', line('ecdsa-sha2-nistp256', 'nistp384', point(97))],
  ['a curve of none', line('ecdsa-sha2-nistp256', 'constructor', point(65))],
  ['a compressed point', line('ecdsa-sha2-nistp256', 'nistp256', Buffer.concat([Buffer.of(2), Buffer.alloc(32, 7)]))],
  ['a short RSA key', line('ssh-rsa', exponent, number(2047))],
  ['a huge RSA key', line('ssh-rsa', exponent, number(16_392))],
  ['an even modulus', line('ssh-rsa', exponent, Buffer.concat([number(2048).subarray(0, -1), Buffer.of(2)]))],
  ['a negative modulus', line('ssh-rsa', exponent, Buffer.alloc(256, 0xff))],
  ['a padded modulus', line('ssh-rsa', exponent, Buffer.concat([Buffer.alloc(3), number(2048)]))],
  ['no exponent', line('ssh-rsa', '', number(2048))],
])('refused: %s', (_what, text) => {
  expect(sshPublicKey.safeParse(text).success).toBe(false);
});

test('what was given by mistake is not said again', () => {
  const { error } = sshPublicKey.safeParse('-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk');
  expect(error?.issues).toHaveLength(1);
  expect(JSON.stringify(error)).not.toContain('b3BlbnNzaC1rZXk');
});

test('keys are told apart by what they are', () => {
  expect(withoutComment(`${ed25519} alice`)).toBe(ed25519);
  expect(withoutComment(ed25519)).toBe(ed25519);
});

test('people and accounts have 32 at most', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => line('ssh-ed25519', createHash('sha256').update(`${at}`).digest()));
  expect(userSpec.parse({ sshKeys: many(32) }).sshKeys).toHaveLength(32);
  expect(serviceAccountSpec.parse({ sshKeys: many(1) }).sshKeys).toHaveLength(1);
  for (const schema of [userSpec, serviceAccountSpec, userPatch])
    expect(schema.safeParse({ sshKeys: many(33) }).success).toBe(false);
  expect(newUser.safeParse({ name: 'alice', sshKeys: ['ssh-ed25519 AAAA'] }).success).toBe(false);
});
