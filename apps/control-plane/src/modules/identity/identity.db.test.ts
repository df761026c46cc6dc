import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { eventually } from '../../testing/eventually.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { bootstrapToken, startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
const events: { topic: string; payload: unknown }[] = [];

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  const bus = replica.app.get<EventBus>(EVENT_BUS, { strict: false });
  for (const topic of ['policy.changed', 'identity.revoked']) {
    bus.subscribe(topic, (payload) => events.push({ topic, payload }));
  }
}, 60_000);
afterAll(() => installation.stop());

const whoami = (as: string | null) => replica.call('GET', '/v1/whoami', { as });
const requestToken = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
  const response = await fetch(`${replica.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, string>,
  };
};
const tokenFor = async (key: string): Promise<string> =>
  (await requestToken({ grant_type: 'client_credentials', client_secret: key })).body['access_token']!;

test('CP-08: of many who bootstrap at once one becomes administrator, and nobody later', async () => {
  const second = await installation.replica();
  const attempt = (at: Replica) => at.call('POST', '/v1/bootstrap', { body: { token: bootstrapToken }, as: null });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => attempt(n % 2 ? replica : second)));
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'bootstrap-used')).toHaveLength(9);
  replica.administrator = made[0]!.body.key as string;
  expect((await whoami(replica.administrator)).body).toMatchObject({
    principal: 'ServiceAccount::admin',
    groups: ['admins'],
  });
  const guess = await replica.call('POST', '/v1/bootstrap', { body: { token: `${bootstrapToken}x` }, as: null });
  expect([guess.status, guess.body.code]).toEqual([403, 'bootstrap-refused']);
});

test('a token that was configured anew works once more, for the same account', async () => {
  const token = 'another token of the operator';
  const other = await installation.replica({ SALLYPORT_BOOTSTRAP_TOKEN: token });
  const answer = await other.call('POST', '/v1/bootstrap', { body: { token }, as: null });
  expect(answer.status).toBe(201);
  expect((await whoami(answer.body.key)).body.principal).toBe('ServiceAccount::admin');
  expect((await whoami(replica.administrator)).status).toBe(200);
});

test('CP-08: without a configured token nothing bootstraps', async () => {
  const none = await installation.replica({ SALLYPORT_BOOTSTRAP_TOKEN: '' });
  for (const token of ['x', bootstrapToken]) {
    expect((await none.call('POST', '/v1/bootstrap', { body: { token }, as: null })).status).toBe(403);
  }
});

test('a key proves its account until it is deleted, expires or its account is disabled', async () => {
  const key = await replica.account('ci', 'ci');
  expect((await whoami(key)).body).toMatchObject({
    principal: 'ServiceAccount::ci',
    groups: ['ci'],
    owner: 'owner-of-ci',
  });
  const { items } = (await replica.call('GET', '/v1/service-accounts/ci/keys')).body;
  expect(items).toEqual([
    { id: key.split('_')[1], createdAt: expect.any(String), expiresAt: null, lastUsedAt: expect.any(String) },
  ]);

  await replica.call('PATCH', '/v1/service-accounts/ci', { body: { disabled: true } });
  expect((await whoami(key)).status).toBe(401);
  await replica.call('PATCH', '/v1/service-accounts/ci', { body: { disabled: false } });
  expect((await whoami(key)).status).toBe(200);

  const short = (await replica.call('POST', '/v1/service-accounts/ci/keys', { body: { expiresInSeconds: 60 } })).body;
  expect((await whoami(short.key)).status).toBe(200);
  await replica.database.query(`UPDATE service_account_keys SET expires_at = now() WHERE id = $1`, [short.id]);
  expect((await whoami(short.key)).status).toBe(401);

  expect((await replica.call('DELETE', `/v1/service-accounts/ci/keys/${items[0].id}`)).status).toBe(204);
  expect((await whoami(key)).status).toBe(401);
  expect((await replica.call('DELETE', `/v1/service-accounts/ci/keys/${items[0].id}`)).status).toBe(404);
});

test('gateways are told who is revoked', async () => {
  const changes = () => events.filter(({ topic }) => topic === 'policy.changed');
  events.length = 0;
  const key = await replica.account('leaver');
  const id = key.split('_')[1];
  await eventually(() => changes().length >= 2); // the account and its key
  events.length = 0;
  await replica.call('DELETE', `/v1/service-accounts/leaver/keys/${id}`);
  await replica.call('PATCH', '/v1/service-accounts/leaver', { body: { disabled: true } });
  await replica.call('DELETE', '/v1/service-accounts/leaver');
  await eventually(() => events.length >= 6);
  expect(events.filter(({ topic }) => topic === 'identity.revoked').map(({ payload }) => payload)).toEqual([
    { principal: 'ServiceAccount::leaver', credentialId: id, revision: expect.any(Number) },
    { principal: 'ServiceAccount::leaver', revision: expect.any(Number) },
    { principal: 'ServiceAccount::leaver', revision: expect.any(Number) },
  ]);
  expect(changes()).toHaveLength(3);
});

test('a deleted account that is made again does not get its old keys back', async () => {
  const key = await replica.account('phoenix');
  const token = await tokenFor(key);
  await replica.call('DELETE', '/v1/service-accounts/phoenix');
  await replica.account('phoenix');
  expect((await whoami(key)).status).toBe(401);
  expect((await whoami(token)).status).toBe(401);
});

test.each([
  ['nothing', {}],
  ['another scheme', { authorization: 'Basic x' }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['a made-up key', { authorization: `Bearer sp_${'a'.repeat(17)}_${'b'.repeat(49)}` }],
  ['a made-up token', { authorization: 'Bearer e30.e30.x' }],
  ['a very long token', { authorization: `Bearer ${'x'.repeat(6000)}` }],
])('%s proves nobody', async (_, headers) => {
  const { status, body } = await replica.call('GET', '/v1/whoami', { as: null, headers });
  expect([status, body.code]).toEqual([401, 'unauthenticated']);
});

test('ID-07: a credential in the address is not looked at', async () => {
  expect((await replica.call('GET', `/v1/whoami?access_token=${replica.administrator}`, { as: null })).status).toBe(
    401,
  );
});

test('an access token stands for its key, minutes long', async () => {
  const key = await replica.account('builder', 'ci');
  const answer = await requestToken({ grant_type: 'client_credentials', client_secret: key });
  expect(answer.body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 600 });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const token = answer.body['access_token']!;
  expect((await whoami(token)).body).toMatchObject({
    principal: 'ServiceAccount::builder',
    credentialId: key.split('_')[1],
  });
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part!, 'base64url').toString()) as object);
  expect(header).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' });
  expect(claims).toMatchObject({
    iss: 'https://sallyport.test',
    aud: 'sallyport',
    sub: 'ServiceAccount::builder',
    jti: expect.any(String),
  });

  await replica.call('DELETE', `/v1/service-accounts/builder/keys/${key.split('_')[1]}`);
  expect((await whoami(token)).status).toBe(401);
});

test('another replica takes the token, and its published keys verify it', async () => {
  const token = await tokenFor(await replica.account('mobile'));
  const other = await installation.replica();
  expect((await other.call('GET', '/v1/whoami', { as: token })).status).toBe(200);
  const [mine, theirs] = await Promise.all(
    [replica, other].map((at) => at.call('GET', '/.well-known/jwks.json', { as: null })),
  );
  expect(mine!.text).toBe(theirs!.text);
  const metadata = (await replica.call('GET', '/.well-known/oauth-authorization-server', { as: null })).body;
  expect(metadata).toMatchObject({
    issuer: 'https://sallyport.test',
    token_endpoint: 'https://sallyport.test/oauth/token',
  });
});

test('HTTP Basic names the client, and only the right one', async () => {
  const key = await replica.account('basic');
  const as = (name: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
  });
  const form = { grant_type: 'client_credentials' };
  expect((await requestToken(form, as('basic', key))).status).toBe(200);
  for (const headers of [as('other', key), as('basic', `${key}x`), as('basic', 'x')]) {
    const { status, body, headers: answered } = await requestToken(form, headers);
    expect([status, body['error']]).toEqual([401, 'invalid_client']);
    expect(answered.get('www-authenticate')).toMatch(/^Basic/);
  }
});

test('a disabled account gets no token', async () => {
  const key = await replica.account('paused');
  await replica.call('PATCH', '/v1/service-accounts/paused', { body: { disabled: true } });
  const { status } = await requestToken({ grant_type: 'client_credentials', client_secret: key });
  expect(status).toBe(401);
});

test('groups count whether the account or the group names them', async () => {
  const key = await replica.account('member', 'first');
  await replica.call('POST', '/v1/groups', { body: { name: 'second', members: ['ServiceAccount::member'] } });
  await replica.call('POST', '/v1/groups', { body: { name: 'third', members: ['Group::first'] } });
  expect((await whoami(key)).body.groups).toEqual(['first', 'second', 'third']);
});

test('an account has a bounded number of keys', async () => {
  await replica.account('hoarder');
  const insert = `INSERT INTO service_account_keys (id, service_account, hash)
    SELECT 'k' || n, 'hoarder', lpad(n::text, 64, '0') FROM generate_series(1, 99) AS n`;
  await replica.database.query(insert);
  const { status, body } = await replica.call('POST', '/v1/service-accounts/hoarder/keys', { body: {} });
  expect([status, body.code]).toEqual([409, 'too-many-keys']);
});
