import type { Answer, Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let pipeline: string;

const bounds = `context.object.name like "ci-*" && ["ci"].containsAll(context.object.groups) &&
  context.object.lifetimeSeconds <= 3600`;
const policy = `
permit (principal in Group::"ci-admins", action == Api::Action::"update", resource == Api::Collection::"manifests");
permit (
  principal in Group::"ci-admins",
  action in [Api::Action::"create", Api::Action::"update"],
  resource == Api::Collection::"service-accounts"
) when { ${bounds} };
permit (
  principal in Group::"ci-admins",
  action == Api::Action::"create",
  resource == Api::Collection::"service-account-keys"
) when { ${bounds} };`;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  pipeline = await replica.account('pipeline', 'ci-admins');
  await replica.account('ci-permanent', 'ci');
  await replica.account('prod-app', 'prod');
  const made = await replica.call('POST', '/v1/policies', { body: { name: 'ci-admins', cedar: policy } });
  if (made.status !== 201) throw new Error(made.text);
}, 60_000);
afterAll(() => installation.stop());

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  replica.call(method, `/v1/service-accounts${path}`, { as: pipeline, body });
const create = (body: object) => call('POST', '', { groups: ['ci'], expiresAt: inSeconds(1800), ...body });

test('a pipeline registers an account, gets it a key, and its owner answers for it', async () => {
  const made = await create({ name: 'ci-build-1' });
  expect(made.body).toMatchObject({ name: 'ci-build-1', groups: ['ci'], owner: 'owner-of-pipeline' });
  const key = await call('POST', '/ci-build-1/keys', { expiresInSeconds: 600 });
  expect(key.status).toBe(201);
  const who = await replica.call('GET', '/v1/whoami', { as: key.body.key as string });
  expect(who.body).toMatchObject({ principal: 'ServiceAccount::ci-build-1', groups: ['ci'] });
});

test.each<[string, object]>([
  ['another name', { name: 'prod-2' }],
  ['a group more', { name: 'ci-2', groups: ['ci', 'prod'] }],
  ['administration', { name: 'ci-2', groups: ['admins'] }],
  ['a longer life', { name: 'ci-2', expiresAt: inSeconds(7200) }],
  ['no end', { name: 'ci-2', expiresAt: undefined }],
  ['somebody else to answer for it', { name: 'ci-2', owner: 'bob' }],
])('it does not register an account with %s', async (_, body) => {
  expect((await create(body)).status).toBe(403);
  expect((await replica.call('GET', '/v1/service-accounts/ci-2')).status).toBe(404);
});

test('ID-25: what the contract does not know is refused, not passed over', async () => {
  for (const extra of [
    { roles: ['admin'] },
    { version: 7 },
    { origin: 'manifest' },
    { kind: 'User' },
    { __proto__x: 1 },
  ]) {
    expect((await create({ name: 'ci-3', ...extra })).status).toBe(422);
  }
});

test('a group that lists an account before it exists is not a way in', async () => {
  await replica.call('POST', '/v1/groups', { body: { name: 'listed', members: ['ServiceAccount::ci-listed'] } });
  expect((await create({ name: 'ci-listed' })).status).toBe(403);
});

test('it does not widen, move or prolong what it made, nor touch what others made', async () => {
  expect((await create({ name: 'ci-4' })).status).toBe(201);
  const patch = async (name: string, body: object) => (await call('PATCH', `/${name}`, body)).status;
  expect(await patch('ci-4', { groups: [] })).toBe(200);
  expect(await patch('ci-4', { groups: ['ci', 'prod'] })).toBe(403);
  expect(await patch('ci-4', { groups: ['admins'] })).toBe(403);
  expect(await patch('ci-4', { owner: 'bob' })).toBe(403);
  expect(await patch('ci-4', { expiresAt: null })).toBe(403);
  expect(await patch('ci-4', { expiresAt: inSeconds(3700) })).toBe(403);
  // In bounds afterwards is not enough: it must have been before.
  expect(await patch('prod-app', { groups: ['ci'], expiresAt: inSeconds(60) })).toBe(403);
  expect(await patch('ci-permanent', { expiresAt: inSeconds(60) })).toBe(403);
  expect((await call('DELETE', '/ci-4')).status).toBe(403);
  expect((await call('GET', '/ci-4')).status).toBe(403);
  expect((await call('GET', '')).status).toBe(403);
});

test('its keys are for such accounts, and end when they do', async () => {
  const key = async (name: string, body: object) => (await call('POST', `/${name}/keys`, body)).status;
  expect((await create({ name: 'ci-5' })).status).toBe(201);
  expect(await key('ci-5', {})).toBe(201);
  expect(await key('ci-permanent', { expiresInSeconds: 600 })).toBe(201);
  expect(await key('ci-permanent', {})).toBe(403);
  expect(await key('prod-app', { expiresInSeconds: 60 })).toBe(403);
  expect(await key('admin', { expiresInSeconds: 60 })).toBe(403);
  expect(await key('pipeline', { expiresInSeconds: 60 })).toBe(403);
  expect(await key('ci-nobody', { expiresInSeconds: 60 })).toBe(404);
});

test('manifests are no way around', async () => {
  const apply = async (...documents: object[]) =>
    (await replica.call('PUT', '/v1/manifests', { as: pipeline, body: documents })).status;
  const account = (name: string, spec: object) => ({ kind: 'ServiceAccount', name, spec });
  const good = { groups: ['ci'], expiresAt: inSeconds(1800) };
  expect(await apply(account('ci-m', good))).toBe(200);
  expect(await apply(account('ci-m', good))).toBe(200);
  expect((await replica.call('GET', '/v1/service-accounts/ci-m')).body.owner).toBe('owner-of-pipeline');
  expect(await apply(account('prod-m', good))).toBe(403);
  expect(await apply(account('ci-n', { ...good, groups: ['admins'] }))).toBe(403);
  expect(await apply(account('ci-m', { ...good, owner: 'bob' }))).toBe(403);
  expect(await apply(account('ci-o', good), { kind: 'Group', name: 'admins', spec: {} })).toBe(403);
  expect((await replica.call('GET', '/v1/service-accounts/ci-o')).status).toBe(404);
  expect(await apply({ kind: 'Policy', name: 'ci-admins', spec: { cedar: policy.replaceAll('3600', '36000') } })).toBe(
    403,
  );
});

test('with an owner named by the rules, it may name that one', async () => {
  const cedar = policy.replaceAll(
    'context.object.lifetimeSeconds',
    'context.object.owner like "*@ci.example.com" && context.object.lifetimeSeconds',
  );
  await replica.call('PUT', '/v1/policies/ci-admins', { body: { cedar } });
  expect((await create({ name: 'ci-owned', owner: 'build@ci.example.com' })).status).toBe(201);
  expect((await create({ name: 'ci-owned-2', owner: 'bob' })).status).toBe(403);
});

test('the trail tells before and after, by which credential, and never a key', async () => {
  const { items } = (await replica.call('GET', '/v1/audit?target=ServiceAccount::ci-4')).body as {
    items: { action: string; actor: string; detail: Record<string, unknown> }[];
  };
  expect(items[0]).toMatchObject({
    actor: 'ServiceAccount::pipeline',
    action: 'serviceAccount.updated',
    detail: {
      before: { groups: ['ci'], owner: 'owner-of-pipeline' },
      after: { groups: [], owner: 'owner-of-pipeline' },
      by: { credentialId: pipeline.split('_')[1], sourceIp: expect.stringContaining('127.0.0.1') },
    },
  });
  const all = (await replica.call('GET', '/v1/audit?limit=200')).text;
  expect(all).toContain('key.created');
  expect(all).not.toMatch(/sp_[0-9A-Za-z]{17}_/);
});
