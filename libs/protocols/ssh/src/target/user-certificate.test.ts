import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WireError } from '@sallyport/wire-kit';
import { TestingAuthority } from '../testing/testing-authority.js';
import { readUserCertificate } from './user-certificate.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-certificate-'));
const authority = new TestingAuthority(folder);

afterAll(() => fs.rmSync(folder, { recursive: true }));

const validity = ['-V', '20240102030405Z:20250102030405Z'];
const kinds: [string, ...string[]][] = [
  ['ssh-ed25519'],
  ['ssh-rsa', '-t', 'rsa', '-b', '2048'],
  ['ecdsa-sha2-nistp256', '-t', 'ecdsa', '-b', '256'],
  ['ecdsa-sha2-nistp384', '-t', 'ecdsa', '-b', '384'],
  ['ecdsa-sha2-nistp521', '-t', 'ecdsa', '-b', '521'],
];
const made = (...options: readonly string[]): string => authority.certify(authority.key(), ...options);
const blobOf = (text: string): Buffer => Buffer.from(text.split(' ')[1]!, 'base64');
const lineOf = (blob: Buffer, name = 'ssh-ed25519-cert-v01@openssh.com'): string =>
  `${name} ${blob.toString('base64')}`;

test.each(kinds)('what ssh-keygen says of an %s key', (keyType, ...options) => {
  const key = authority.key(...options);
  const text = authority.certify(key, '-n', 'app,deploy', '-z', '7', ...validity);
  expect(readUserCertificate(text)).toEqual({
    blob: blobOf(text),
    keyType,
    publicKey: blobOf(fs.readFileSync(`${key.file}.pub`, 'utf8')),
    principals: ['app', 'deploy'],
    validAfter: BigInt(Date.UTC(2024, 0, 2, 3, 4, 5) / 1000),
    validBefore: BigInt(Date.UTC(2025, 0, 2, 3, 4, 5) / 1000),
  });
});

test('one without end, without principals, and with options', () => {
  const text = made('-O', 'clear', '-O', 'force-command=uptime', '-O', 'source-address=10.0.0.0/8', '-O', 'permit-pty');
  expect(readUserCertificate(text)).toMatchObject({ principals: [], validAfter: 0n, validBefore: 2n ** 64n - 1n });
});

test.each(kinds.slice(0, 3))(
  'a certificate of an %s key that was cut anywhere, or goes on, is none',
  (_, ...options) => {
    const text = authority.certify(authority.key(...options), '-n', 'app');
    const [name = ''] = text.split(' ');
    const blob = blobOf(text);
    for (let length = 0; length < blob.length; length += 1) {
      expect(() => readUserCertificate(lineOf(blob.subarray(0, length), name))).toThrow(WireError);
    }
    expect(() => readUserCertificate(lineOf(Buffer.concat([blob, Buffer.of(0)]), name))).toThrow(WireError);
  },
);

test('a byte that is another makes another certificate or none, and nothing worse', () => {
  const blob = blobOf(made('-n', 'app'));
  const outcomes = new Set<string>();
  for (let at = 0; at < blob.length; at += 1) {
    for (const value of [0x00, 0x7f, 0xff]) {
      const hostile = Buffer.from(blob);
      hostile[at] = value;
      try {
        readUserCertificate(lineOf(hostile));
        outcomes.add('read');
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        outcomes.add('refused');
      }
    }
  }
  expect([...outcomes].sort()).toEqual(['read', 'refused']);
});

test.each<[string, () => string]>([
  ['nothing', () => ''],
  ['a host’s', () => made('-h', '-n', 'host.example.com')],
  ['a public key', () => fs.readFileSync(authority.publicKeyFile, 'utf8')],
  ['a public key under its name', () => lineOf(blobOf(fs.readFileSync(authority.publicKeyFile, 'utf8')))],
  ['one under the name of another type', () => lineOf(blobOf(made()), 'ssh-rsa-cert-v01@openssh.com')],
  ['one of a certificate', () => made().replace('@openssh.com ', '@openssh.com-cert-v01@openssh.com ')],
  ['one of a security key', () => lineOf(blobOf(made()), 'sk-ssh-ed25519-cert-v01@openssh.com')],
  ['one of no type', () => lineOf(blobOf(made()), 'constructor-cert-v01@openssh.com')],
  ['base64 with stray bits', () => lineOf(Buffer.of(0)).replace('AA==', 'AB==')],
  ['two of them', () => `${made()}${made()}`],
])('refused: %s', (_, text) => {
  expect(() => readUserCertificate(text())).toThrow(WireError);
});
