import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, formatListen, loadConfig } from './config.js';

let directory: string;
let good: Record<string, string>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  good = {
    DATABASE_URL: 'postgres://app:secret@127.0.0.1/control',
    SALLYPORT_TLS_CERT_FILE: file('cert.pem', 'certificate'),
    SALLYPORT_TLS_KEY_FILE: file('key.pem', 'private key'),
    SALLYPORT_MASTER_KEY_FILE: file('master.key', Buffer.alloc(32, 7).toString('base64')),
  };
});
afterEach(() => rmSync(directory, { recursive: true }));

function problemsOf(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n');
    throw error;
  }
  return '';
}

test('the defaults need four variables', () => {
  expect(loadConfig(good)).toMatchObject({
    listen: { host: '127.0.0.1', port: 7443 },
    publicUrl: 'https://127.0.0.1:7443',
    tls: { cert: 'certificate', key: 'private key' },
    worker: 'inline',
    policyMaxAgeSeconds: 300,
    parentWatch: false,
  });
});

test('everything that is wrong is said at once, one line each', () => {
  const lines = problemsOf({ SALLYPORT_LISTEN: 'nowhere', SALLYPORT_WORKER: 'maybe' }).split('\n');
  expect(lines.sort()).toEqual([
    'DATABASE_URL: is required',
    'SALLYPORT_LISTEN: must be host:port, such as 127.0.0.1:7443 or [::1]:7443',
    'SALLYPORT_MASTER_KEY_FILE: is required',
    'SALLYPORT_TLS_CERT_FILE: is required (or SALLYPORT_TLS=off on loopback)',
    'SALLYPORT_TLS_KEY_FILE: is required (or SALLYPORT_TLS=off on loopback)',
    'SALLYPORT_WORKER: must be inline or none',
  ]);
});

test.each([
  ['DATABASE_URL', 'mysql://x/y', /must be a URL that starts with postgres/],
  ['REDIS_URL', 'http://x', /REDIS_URL: must be a URL/],
  ['RECORDINGS_URL', '/var/recordings', /RECORDINGS_URL: must be a URL/],
  ['SALLYPORT_LISTEN', '127.0.0.1:70000', /host:port/],
  ['SALLYPORT_LISTEN', '127.0.0.1', /host:port/],
  ['SALLYPORT_PUBLIC_URL', 'ftp://x', /SALLYPORT_PUBLIC_URL/],
  ['SALLYPORT_TLS_CERT_FILE', '/nowhere/cert.pem', /cannot read .* \(ENOENT\)/],
  ['SALLYPORT_MASTER_KEY_FILE', '/nowhere/master', /cannot read .* \(ENOENT\)/],
  ['SALLYPORT_BOOTSTRAP_TOKEN', 'short', /at least 16/],
  ['SALLYPORT_POLICY_MAX_AGE_SECONDS', '0', /whole number from 1/],
  ['SALLYPORT_POLICY_MAX_AGE_SECONDS', '5m', /whole number from 1/],
  ['SALLYPORT_LOG_LEVEL', 'chatty', /must be one of trace/],
])('%s=%s is refused', (name, value, expected) => {
  expect(problemsOf({ ...good, [name]: value })).toMatch(expected);
});

test('CP-05: a problem never quotes a value that may be a secret', () => {
  expect(
    problemsOf({ ...good, DATABASE_URL: 'mysql://app:hunter2@x/y', SALLYPORT_BOOTSTRAP_TOKEN: 'hunter2' }),
  ).not.toContain('hunter2');
});

test('CP-05: the master key is 32 bytes that nobody else may read', () => {
  const path = good['SALLYPORT_MASTER_KEY_FILE']!;
  chmodSync(path, 0o640);
  expect(problemsOf(good)).toMatch(/readable by its owner only/);
  chmodSync(path, 0o600);
  writeFileSync(path, Buffer.alloc(31).toString('base64'));
  expect(problemsOf(good)).toMatch(/32 bytes/);
});

test('CP-08: TLS is off on loopback only', () => {
  const { SALLYPORT_TLS_CERT_FILE: _, SALLYPORT_TLS_KEY_FILE: __, ...plain } = good;
  expect(problemsOf(plain)).toMatch(/SALLYPORT_TLS_CERT_FILE: is required/);
  const off = { ...plain, SALLYPORT_TLS: 'off' };
  expect(loadConfig(off)).toMatchObject({ tls: undefined, publicUrl: 'http://127.0.0.1:7443' });
  expect(problemsOf({ ...off, SALLYPORT_LISTEN: '0.0.0.0:7443' })).toMatch(/only when .* loopback/);
});

test('production says where recordings go', () => {
  expect(problemsOf({ ...good, NODE_ENV: 'production' })).toBe(
    'RECORDINGS_URL: is required when NODE_ENV is production',
  );
});

test('an empty variable is an absent one', () => {
  expect(loadConfig({ ...good, REDIS_URL: '' }).redisUrl).toBeUndefined();
});

test('an IPv6 address keeps its brackets', () => {
  const { listen } = loadConfig({ ...good, SALLYPORT_LISTEN: '[::1]:9000' });
  expect(listen).toEqual({ host: '::1', port: 9000 });
  expect(formatListen(listen)).toBe('[::1]:9000');
});
