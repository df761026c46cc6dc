import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPassword } from './password-source.js';

let directory: string;
let own: string;
const env = {
  SHOP_PASSWORD: 'from the environment',
  EMPTY: '',
  DATABASE_URL: 'postgres://x',
  PGPASSWORD: 'of its own database',
  SALLYPORT_BOOTSTRAP_TOKEN: 't',
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-password-'));
  own = join(directory, 'master.key');
  writeFileSync(own, 'the master key');
  writeFileSync(join(directory, 'password'), 'from a file\n');
  writeFileSync(join(directory, 'long'), 'x'.repeat(5000));
  writeFileSync(join(directory, 'empty'), '\n');
  symlinkSync(own, join(directory, 'by-symlink'));
  linkSync(own, join(directory, 'by-hard-link'));
  mkdirSync(join(directory, 'folder'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const read = (source: Parameters<typeof readPassword>[0]) => readPassword(source, { env, ownSecretFiles: [own] });
const file = (name: string) => read({ file: join(directory, name) });

test('a value, a variable and a file each give the password', () => {
  expect(read({ value: 'plain' })).toEqual({ ok: true, secret: 'plain' });
  expect(read({ env: 'SHOP_PASSWORD' })).toEqual({ ok: true, secret: 'from the environment' });
  expect(file('password')).toEqual({ ok: true, secret: 'from a file' });
});

test.each(['DATABASE_URL', 'PGPASSWORD', 'SALLYPORT_BOOTSTRAP_TOKEN', 'REDIS_URL', 'SALLYPORT_MASTER_KEY_FILE'])(
  "the control plane's own %s is not given away",
  (name) =>
    expect(read({ env: name })).toEqual({ ok: false, reason: expect.stringMatching(/belongs to the control plane/) }),
);

test.each(['master.key', 'by-symlink', 'by-hard-link'])('nor is its own key, as %s', (name) => {
  expect(file(name)).toEqual({ ok: false, reason: expect.stringMatching(/not one that a manifest may name/) });
});

test.each(['/proc/self/environ', '/dev/stdin', '/sys/kernel/notes'])('nor %s', (path) => {
  expect(read({ file: path }).ok).toBe(false);
});

test.each(['missing', 'long', 'empty', 'folder'])('a file that is %s is refused with its reason', (name) => {
  expect(file(name)).toEqual({ ok: false, reason: expect.stringContaining(name) });
});

test.each(['EMPTY', 'UNSET'])('a variable that is %s is refused', (name) => {
  expect(read({ env: name })).toEqual({ ok: false, reason: `the control plane has no variable ${name}` });
});
