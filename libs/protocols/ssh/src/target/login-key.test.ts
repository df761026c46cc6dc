import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TestingAuthority } from '../testing/testing-authority.js';
import { loginKeyOf } from './login-key.js';
import { CredentialError } from './upstream-error.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-login-key-'));
const authority = new TestingAuthority(folder);
const key = authority.key();
const certificate = authority.certify(key, '-n', 'app', '-V', '20240102030405Z:20250102030405Z');
const { privateKey } = key;
const start = Date.UTC(2024, 0, 2, 3, 4, 5);
const end = Date.UTC(2025, 0, 2, 3, 4, 5);

afterAll(() => fs.rmSync(folder, { recursive: true }));

const problem = (text: string, now: number): unknown => {
  try {
    return loginKeyOf({ privateKey, certificate: text }, now)?.certificate?.principals;
  } catch (error) {
    return error;
  }
};
const refusal = (words: string): CredentialError => new CredentialError(`the certificate of the credential ${words}`);

test('a certificate holds from its first second to the last before its end', () => {
  expect(problem(certificate, start - 1)).toEqual(refusal('is not valid yet'));
  expect(problem(certificate, start)).toEqual(['app']);
  expect(problem(certificate, end - 1)).toEqual(['app']);
  expect(problem(certificate, end)).toEqual(refusal('has expired'));
});

test('one that is not for the key, or none at all, is not shown', () => {
  const other = authority.certify(authority.key(), '-n', 'app');
  expect(problem(other, start)).toEqual(refusal('is for another key'));
  const rsa = authority.certify(authority.key('-t', 'rsa', '-b', '2048'), '-n', 'app');
  expect(problem(rsa, start)).toEqual(refusal('is for another key'));
  const host = authority.certify(key, '-h', '-n', 'host');
  for (const text of [host, '', certificate.slice(0, 300), 'ssh-ed25519-cert-v01@openssh.com AAAA']) {
    expect(problem(text, start)).toEqual(refusal('is no user certificate that can be read'));
  }
});

test('RSA signs with SHA-2 only, and the method is named after both', () => {
  const rsa = authority.key('-t', 'rsa', '-b', '2048');
  const text = authority.certify(rsa, '-n', 'app');
  const suffix = '-cert-v01@openssh.com';
  const { algorithms, sign } = loginKeyOf({ privateKey: rsa.privateKey, certificate: text }, Date.now())!;
  expect(algorithms).toEqual([`rsa-sha2-512${suffix}`, `rsa-sha2-256${suffix}`]);
  const named = sign(algorithms[1]!, Buffer.from('data')).subarray(4, 16).toString();
  expect(named).toBe('rsa-sha2-256');
  expect(loginKeyOf({ privateKey: rsa.privateKey }, Date.now())).toMatchObject({
    algorithms: ['rsa-sha2-512', 'rsa-sha2-256'],
    certificate: undefined,
  });
});

test('no key, no certificate: the password is meant', () => {
  expect(loginKeyOf({}, start)).toBeUndefined();
  expect(() => loginKeyOf({ certificate }, start)).toThrow('the certificate of the credential has no private key');
});

test('what is wrong with a private key does not quote it', () => {
  expect(() => loginKeyOf({ privateKey: 'CANARY', certificate }, start)).toThrow(
    new CredentialError('the private key of the credential cannot be used'),
  );
});
