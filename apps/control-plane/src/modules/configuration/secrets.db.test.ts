import { randomBytes } from 'node:crypto';
import { apiRoutes } from '@sallyport/api-contract';
import { Client } from 'pg';
import { EnvelopeCipher } from '../../platform/crypto/envelope.js';
import { SecretStore } from '../../platform/crypto/secret-store.js';
import { openSigningKey } from '../../platform/crypto/signing-key.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../gateways/snapshot-source.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { bootstrapToken, startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
const canaries: Record<string, string> = {};

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  const canary = (name: string): string => (canaries[name] = `canary-${randomBytes(12).toString('hex')}`);
  const resource = (name: string, password: object) => ({
    name,
    protocol: 'postgres',
    upstream: { host: 'localhost', port: 5432 },
    credential: { username: 'app', password },
  });
  process.env['SHOP_TEST_PASSWORD'] = canary('env');
  const create = async (name: string, password: object, key: string) =>
    expect(
      await replica.call('POST', '/v1/resources', {
        body: resource(name, password),
        headers: { 'idempotency-key': key },
      }),
    ).toMatchObject({ status: 201 });
  await create('by-value', { value: canary('value') }, 'one');
  await create('by-env', { env: 'SHOP_TEST_PASSWORD' }, 'two');
  await replica.call('PUT', '/v1/manifests', {
    body: [
      { kind: 'Resource', name: 'by-value', spec: { ...resource('', { value: canary('rotated') }), name: undefined } },
    ],
  });
  canaries['key'] = await replica.account('ci');
  const made = await replica.call('POST', '/v1/service-accounts/ci/keys', {
    body: {},
    headers: { 'idempotency-key': 'three' },
  });
  canaries['kept key'] = made.body.key as string;
  canaries['administrator'] = replica.administrator!;
  canaries['bootstrap'] = bootstrapToken;
  const form = { grant_type: 'client_credentials', client_secret: canaries['key']! };
  const token = await fetch(`${replica.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
  canaries['token'] = ((await token.json()) as { access_token: string }).access_token;
}, 60_000);
afterAll(async () => {
  delete process.env['SHOP_TEST_PASSWORD'];
  await installation.stop();
});

function found(text: string): string[] {
  return Object.entries(canaries).flatMap(([name, secret]) => (text.includes(secret) ? [name] : []));
}

test('the canaries are what they claim to be', async () => {
  expect(Object.values(canaries).every((secret) => secret.length > 20)).toBe(true);
  const snapshot = await replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).build('local');
  expect(found(JSON.stringify(snapshot)).sort()).toEqual(['env', 'rotated']);
});

test('CP-05: no answer to any read holds a secret', async () => {
  const names = { resources: 'by-value', 'service-accounts': 'ci', groups: 'x', policies: 'x', gateways: 'x' };
  for (const route of apiRoutes.filter(({ method }) => method === 'get')) {
    const collection = route.path.split('/')[2] as keyof typeof names;
    const path = route.path
      .replace('{name}', names[collection] ?? 'x')
      .replace('{id}', '00000000-0000-4000-8000-000000000000');
    const { text, status } = await replica.call('GET', path);
    expect(status).toBeLessThan(500);
    expect([path, found(text)]).toEqual([path, []]);
  }
});

test('CP-05: neither does any refusal', async () => {
  const password = { value: canaries['value'], env: 'BOTH' };
  const body = { name: 'Wrong', protocol: 'postgres', upstream: {}, credential: { username: 'a', password } };
  const { status, text } = await replica.call('POST', '/v1/resources', { body });
  expect(status).toBe(422);
  expect(found(text)).toEqual([]);
  const yaml = `kind: Resource\npassword: {value: ${canaries['value']}\n`;
  expect(found((await replica.call('PUT', '/v1/manifests', { body: yaml })).text)).toEqual([]);
  const broken = { body: `{"password": "${canaries['value']}`, headers: { 'content-type': 'application/json' } };
  expect(found((await replica.call('POST', '/v1/resources', broken)).text)).toEqual([]);
});

test('CP-05: nothing in the database is a secret, in text, in bytes, or in base64', async () => {
  const client = new Client({ connectionString: installation.databaseUrl });
  await client.connect();
  const tables = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  expect(tables.rows.length).toBeGreaterThan(10);
  for (const { name } of tables.rows) {
    const dump = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} AS t`);
    const text = dump.rows.map(({ row }) => row).join('\n');
    const bytes = [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1'));
    expect([name, found(text + bytes.join('\n'))]).toEqual([name, []]);
    for (const secret of Object.values(canaries)) {
      expect(text.includes(Buffer.from(secret).toString('base64').slice(0, -4))).toBe(false);
    }
  }
  await client.end();
});

test('CP-05: with another master key nothing opens, and the process says why', async () => {
  const store = new SecretStore(new EnvelopeCipher(randomBytes(32)));
  await expect(openSigningKey(replica.database, store)).rejects.toThrow(/^SALLYPORT_MASTER_KEY_FILE/);
});

test('CP-05: a password moved to another resource in the database does not open', async () => {
  const snapshots = replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false });
  const swap = `UPDATE secrets AS a SET wrapped_key = b.wrapped_key, ciphertext = b.ciphertext, version = b.version
    FROM secrets AS b WHERE a.name = 'by-env' AND b.name = 'by-value' AND a.kind = b.kind`;
  await replica.database.query(swap);
  await expect(snapshots.build('local')).rejects.toThrow();
});
