import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { DevIssuer } from '@sallyport/dev-issuer';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { pino } from 'pino';
import { eventually } from '../../testing/eventually.js';
import { GatewayClient } from '../../testing/gateway-client.js';
import { postForm, providerManifest, providerSecret, refresh, startIssuer, Visitor } from '../../testing/people.js';
import type { RedisServer } from '../../testing/redis-server.js';
import { startRedis } from '../../testing/redis-server.js';
import type { Answer, Replica, TestInstallation } from '../../testing/replica.js';
import { bootstrapToken, startInstallation } from '../../testing/replica.js';

/** Everything that must be nowhere, by name. */
const canaries = new Map<string, string>([['bootstrap token', bootstrapToken]]);
let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;
let redis: RedisServer | undefined;
const watching: Redis[] = [];
let isIssuerOpen = true;
let logged = '';
let overRedis = '';
let database: Client;

beforeAll(async () => {
  redis = await startRedis();
  installation = await startInstallation();
  if (redis) {
    const connection = new Redis(redis.url);
    const monitor = await connection.monitor();
    watching.push(connection, monitor);
    monitor.on('monitor', (_time: string, words: string[]) => (overRedis += `${words.join(' ')}\n`));
  }
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  });
  const log = pino({ level: 'trace' }, sink);
  replica = await installation.replica(redis ? { REDIS_URL: redis.url } : {}, log);
  await replica.bootstrap();
  database = new Client({ connectionString: installation.databaseUrl });
  await database.connect();
  issuer = await startIssuer([{ sub: 'dana-1', name: 'Dana' }]);
  canaries.set('administrator', replica.administrator!);
  canaries.set('master key', readFileSync(installation.env['SALLYPORT_MASTER_KEY_FILE']!, 'utf8').trim());
  canaries.set('client secret', providerSecret);
}, 90_000);
afterAll(async () => {
  for (const connection of watching) connection.disconnect();
  await database.end();
  if (isIssuerOpen) await issuer.close();
  await installation.stop();
  await redis?.stop();
});

const canary = (name: string, secret = `canary-${randomBytes(12).toString('hex')}`): string => {
  expect(secret.length).toBeGreaterThan(15);
  canaries.set(name, secret);
  return secret;
};
const resource = (name: string, password: string) => ({
  name,
  protocol: 'postgres',
  upstream: { host: 'localhost', port: 5432 },
  credential: { username: 'app', password: { value: password } },
});
const formsOf = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64').slice(0, -4), bytes.toString('hex'), encodeURIComponent(secret)];
};
const found = (text: string): string[] =>
  [...canaries].flatMap(([name, secret]) => (formsOf(secret).some((form) => text.includes(form)) ? [name] : []));
const clean = (where: string, text: string): void => expect([where, found(text)]).toEqual([where, []]);

/** Every row of every table, with its bytes also as text. */
async function dump(): Promise<Map<string, string>> {
  const { rows: tables } = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const texts = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await database.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} AS t`);
    const text = rows.map(({ row }) => row).join('\n');
    const bytes = [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1'));
    texts.set(name, text + bytes.join('\n'));
  }
  return texts;
}

async function everyone(): Promise<void> {
  const made = await replica.call('POST', '/v1/resources', { body: resource('shop', canary('password')) });
  expect(made.status).toBe(201);
  expect((await replica.call('PUT', '/v1/manifests', { body: [providerManifest('dev', issuer)] })).status).toBe(200);
  const key = canary('key', await replica.account('ci'));
  const form = { grant_type: 'client_credentials', client_secret: key };
  canary('access token', (await postForm(replica, '/oauth/token', form)).body.access_token as string);
  const visitor = new Visitor(replica);
  const code = canary('authorization code', (await visitor.signIn('dana-1')).get('code')!);
  const tokens = (await visitor.redeem(code)).body as Record<string, string>;
  canary('login', tokens['access_token']);
  const next = await refresh(replica, canary('refresh token', tokens['refresh_token']));
  canary('next refresh token', next.body.refresh_token as string);
  const device = await postForm(replica, '/oauth/device_authorization', { client_id: 'sallyport-cli' });
  canary('device code', device.body.device_code as string);
}

async function aGateway(): Promise<void> {
  const enrolment = await replica.call('POST', '/v1/gateways/enrolments', { body: { name: 'edge' } });
  const client = await GatewayClient.connect(replica.url);
  await client.enrol(canary('enrolment token', enrolment.body.token as string), 'edge');
  canary('gateway credential', client.credential);
  await client.hello();
  await eventually(() => client.pushed('policy.published').length > 0);
  await client.close();
}

/** The database fails in the middle of everything that handles a secret. */
async function failures(): Promise<Answer[]> {
  const broken = [
    'secrets',
    'service_account_keys',
    'logins',
    'refresh_tokens',
    'gateway_enrolments',
    'objects',
    'device_codes',
  ];
  const answers: Answer[] = [];
  for (const table of broken) {
    await database.query(`ALTER TABLE ${table} RENAME TO gone`);
    try {
      answers.push(
        await replica.call('POST', '/v1/resources', {
          body: resource(`without-${table.replace('_', '-')}`, canary(`password without ${table}`)),
        }),
        await replica.call('GET', '/v1/whoami', { as: canaries.get('key')! }),
        await postForm(replica, '/oauth/token', {
          grant_type: 'client_credentials',
          client_secret: canaries.get('key')!,
        }),
        await refresh(replica, canaries.get('next refresh token')!),
        await postForm(replica, '/oauth/token', {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          client_id: 'sallyport-cli',
          device_code: canaries.get('device code')!,
        }),
        await postForm(replica, '/oauth/revoke', { token: canaries.get('login')! }),
        await replica.call('POST', '/v1/bootstrap', { as: null, body: { token: bootstrapToken } }),
      );
      const client = await GatewayClient.connect(replica.url);
      const body = { token: canaries.get('enrolment token')!, name: 'edge', publicKey: client.publicKey };
      answers.push({ text: JSON.stringify(await client.request('gateway.enrol', body)) } as Answer);
      await client.close();
    } finally {
      await database.query(`ALTER TABLE gone RENAME TO ${table}`);
    }
  }
  return answers;
}

test('CP-05: no secret, key or token is in the database, the audit trail, a queue, the log or an error', async () => {
  await everyone();
  await aGateway();
  const answers = await failures();
  await issuer.close();
  isIssuerOpen = false;
  const page = await new Visitor(replica).atProvider('dana-1').catch((error: unknown) => ({ text: String(error) }));
  clean('a provider that is away', page.text);

  expect(canaries.size).toBeGreaterThan(15);
  expect(answers.filter(({ status }) => status >= 500).length).toBeGreaterThan(5);
  for (const { text, status } of answers) clean(`an answer with ${status}`, text);
  const tables = await dump();
  expect(tables.size).toBeGreaterThan(25);
  for (const [name, text] of tables) clean(name, text);
  expect(logged.split('\n').length).toBeGreaterThan(10);
  expect(logged.includes('does not exist')).toBe(true);
  clean('the log', logged);
  if (redis) expect(overRedis.split('\n').length).toBeGreaterThan(10);
  clean('Redis', overRedis);
}, 90_000);

test('CP-05: hashes of keys and tokens are of what nobody can guess, and the search finds what is there', () => {
  const key = canaries.get('key')!;
  expect(found(`{"x":"${key}"}`)).toEqual(['key']);
  expect(found(Buffer.from(`..${key}`).toString('hex'))).toEqual(['key']);
  expect(found(createHash('sha256').update(key).digest('hex'))).toEqual([]);
});
