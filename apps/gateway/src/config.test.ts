import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig } from './config.js';
import { temporaryDirectory } from './testing-gateway.js';

const least = {
  SALLYPORT_CONTROL_PLANE_URL: 'https://control-plane:7443',
  SALLYPORT_GATEWAY_NAME: 'local',
  SALLYPORT_STATE_DIR: '/var/lib/gateway',
  SALLYPORT_POSTGRES_LISTEN: '127.0.0.1:7432',
  SALLYPORT_POSTGRES_TLS: 'off',
};

function problems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('the least that is needed, with defaults for the rest', () => {
  expect(loadConfig(least)).toMatchObject({
    controlPlaneUrl: 'wss://control-plane:7443/gateway',
    listen: { postgres: { host: '127.0.0.1', port: 7432 } },
    plain: new Set(['ssh', 'postgres']),
    shared: new Set(),
    httpDomain: undefined,
    sshHostKey: undefined,
    tls: undefined,
    spoolMaxBytes: 10 * 1024 ** 3,
    durability: 'write',
    healthListen: { host: '127.0.0.1', port: 7440 },
    limits: { maxHoldInTransactionSeconds: 60 },
  });
});

test('every missing or wrong variable is named, all at once', () => {
  expect(problems({})).toEqual([
    'SALLYPORT_CONTROL_PLANE_URL: is required',
    'SALLYPORT_GATEWAY_NAME: is required',
    'SALLYPORT_STATE_DIR: is required',
    'SALLYPORT_POSTGRES_LISTEN: is required (or that of another listener)',
  ]);
  const wrong = problems({
    ...least,
    SALLYPORT_POSTGRES_LISTEN: 'everywhere',
    SALLYPORT_RECORDING_DURABILITY: 'maybe',
    SALLYPORT_SPOOL_MAX_BYTES: '1',
    SALLYPORT_LOG_LEVEL: 'loud',
  });
  expect(wrong.map((line) => line.split(':')[0])).toEqual([
    'SALLYPORT_POSTGRES_LISTEN',
    'SALLYPORT_SPOOL_MAX_BYTES',
    'SALLYPORT_RECORDING_DURABILITY',
    'SALLYPORT_LOG_LEVEL',
  ]);
});

test.each(['http://10.0.0.1:7443', 'ws://control-plane/gateway', 'ftp://x', 'nonsense', 'https://user:pw@host'])(
  'the control plane is not reached by %s',
  (url) => {
    expect(problems({ ...least, SALLYPORT_CONTROL_PLANE_URL: url })).toHaveLength(1);
  },
);

test.each([
  ['wss://host:1/gateway', 'wss://host:1/gateway'],
  ['https://host:1/', 'wss://host:1/gateway'],
  ['http://127.0.0.1:1', 'ws://127.0.0.1:1/gateway'],
  ['http://[::1]:1', 'ws://[::1]:1/gateway'],
])('%s means %s', (given, meant) => {
  expect(loadConfig({ ...least, SALLYPORT_CONTROL_PLANE_URL: given }).controlPlaneUrl).toBe(meant);
});

test('ID-07: clients need TLS wherever the listener can be reached from elsewhere', () => {
  expect(problems({ ...least, SALLYPORT_POSTGRES_LISTEN: '0.0.0.0:7432' })).toEqual([
    'SALLYPORT_POSTGRES_TLS: may be off only when SALLYPORT_POSTGRES_LISTEN is a loopback address',
  ]);
  expect(problems({ ...least, SALLYPORT_POSTGRES_TLS: 'required' })).toHaveLength(2);
});

test('files that cannot be read or do not belong together are named', () => {
  const directory = temporaryDirectory();
  try {
    const file = join(directory.path, 'x.pem');
    writeFileSync(file, 'not a certificate');
    const env = { ...least, SALLYPORT_POSTGRES_TLS: 'required', SALLYPORT_TLS_CERT_FILE: file };
    expect(problems({ ...env, SALLYPORT_TLS_KEY_FILE: `${file}.gone` })[0]).toContain(
      'SALLYPORT_TLS_KEY_FILE: cannot read',
    );
    expect(problems({ ...env, SALLYPORT_TLS_KEY_FILE: file })).toHaveLength(1);
  } finally {
    directory.remove();
  }
});
