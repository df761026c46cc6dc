import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { generateApiKey } from './api-key.js';

let installation: TestInstallation;
let replica: Replica;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
}, 60_000);
afterAll(() => installation.stop());

const idOf = (key: string) => key.split('_')[1]!;
const proves = async (key: string) => (await replica.call('GET', '/v1/whoami', { as: key })).status === 200;
const rotate = (account: string, id: string, body: object = {}, as = replica.administrator) =>
  replica.call('POST', `/v1/service-accounts/${account}/keys/${id}/rotate`, { body, as });
const keysOf = async (account: string) =>
  (await replica.call('GET', `/v1/service-accounts/${account}/keys`)).body.items as { id: string; expiresAt: string }[];

test('ID-20: a rotated key works beside its successor until the overlap ends', async () => {
  const old = await replica.account('rotating');
  const { status, body } = await rotate('rotating', idOf(old), { overlapSeconds: 60 });
  expect(status).toBe(201);
  expect(body).toMatchObject({ key: expect.stringMatching(/^sp_/), expiresAt: null, replaces: { id: idOf(old) } });
  const left = Date.parse(body.replaces.expiresAt as string) - Date.now();
  expect(left).toBeGreaterThan(50_000);
  expect(left).toBeLessThanOrEqual(60_000);
  expect([await proves(old), await proves(body.key as string)]).toEqual([true, true]);
  await replica.database.query('UPDATE service_account_keys SET expires_at = now() WHERE id = $1', [idOf(old)]);
  expect([await proves(old), await proves(body.key as string)]).toEqual([false, true]);
});

test('ID-20: without an overlap the old one is gone at once', async () => {
  const old = await replica.account('at-once');
  const { body } = await rotate('at-once', idOf(old), { overlapSeconds: 0 });
  expect([await proves(old), await proves(body.key as string)]).toEqual([false, true]);
  expect((await keysOf('at-once')).map(({ id }) => id)).toEqual([body.id]);
});

test('rotating does not prolong the old one, and the new one lives as long as the old one was to', async () => {
  await replica.account('short');
  const make = { body: { expiresInSeconds: 100 } };
  const old = (await replica.call('POST', '/v1/service-accounts/short/keys', make)).body as {
    id: string;
    expiresAt: string;
  };
  const { body } = await rotate('short', old.id, { overlapSeconds: 3600 });
  expect(body.replaces.expiresAt).toBe(old.expiresAt);
  expect(Date.parse(body.expiresAt as string) - Date.now()).toBeGreaterThan(90_000);
  expect(Date.parse(body.expiresAt as string) - Date.now()).toBeLessThanOrEqual(100_000);
});

test('ID-25: a key is found under its own account only, and what has ended is not rotated', async () => {
  const mine = await replica.account('mine');
  await replica.account('theirs');
  expect((await rotate('theirs', idOf(mine))).status).toBe(404);
  expect((await replica.call('DELETE', `/v1/service-accounts/theirs/keys/${idOf(mine)}`)).status).toBe(404);
  expect(await proves(mine)).toBe(true);
  await replica.database.query('UPDATE service_account_keys SET expires_at = now() WHERE id = $1', [idOf(mine)]);
  expect((await rotate('mine', idOf(mine))).status).toBe(404);
});

test('ended keys are forgotten when the next is made, and do not count', async () => {
  await replica.account('hoarder');
  await replica.database.query(`INSERT INTO service_account_keys (id, service_account, hash, expires_at)
    SELECT 'e' || n, 'hoarder', lpad('e' || n::text, 64, '0'), now() FROM generate_series(1, 150) AS n`);
  expect((await replica.call('POST', '/v1/service-accounts/hoarder/keys', { body: {} })).status).toBe(201);
  expect(await keysOf('hoarder')).toHaveLength(2);
});

test('ID-20: a text that is no key is refused before anything is looked up', async () => {
  const real = await replica.account('looked-up');
  const broken = real.slice(0, -1) + (real.endsWith('0') ? '1' : '0');
  for (const text of [broken, real.toUpperCase(), real.replace('sp_', 'sk_'), `${real}0`, generateApiKey().text]) {
    expect(await proves(text)).toBe(false);
  }
  expect(await proves(real)).toBe(true);
});

test('ID-12: a rule about keys does not reach accounts of administrators', async () => {
  const clerk = await replica.account('clerk', 'clerks');
  const cedar = `permit (principal in Group::"clerks",
    action in [Api::Action::"create", Api::Action::"update", Api::Action::"delete"],
    resource == Api::Collection::"service-account-keys");`;
  await replica.call('POST', '/v1/policies', { body: { name: 'clerks', cedar } });
  const plain = await replica.account('plain');
  const admin = replica.administrator!;
  const asClerk = { as: clerk, body: {} };
  expect((await replica.call('POST', '/v1/service-accounts/plain/keys', asClerk)).status).toBe(201);
  expect((await rotate('plain', idOf(plain), {}, clerk)).status).toBe(201);
  expect((await replica.call('POST', '/v1/service-accounts/admin/keys', asClerk)).status).toBe(403);
  expect((await rotate('admin', idOf(admin), {}, clerk)).status).toBe(403);
  expect((await replica.call('DELETE', `/v1/service-accounts/admin/keys/${idOf(admin)}`, asClerk)).status).toBe(403);
  expect(await proves(admin)).toBe(true);
});

test('an administrator rotates the key in use', async () => {
  const old = replica.administrator!;
  const { body } = await rotate('admin', idOf(old), { overlapSeconds: 0 });
  replica.administrator = body.key as string;
  expect([await proves(old), await proves(replica.administrator)]).toEqual([false, true]);
});

test('an account proves nobody after its end, nor do its tokens', async () => {
  const key = await replica.account('temporary');
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_secret: key });
  const ask = () => fetch(`${replica.url}/oauth/token`, { method: 'POST', body: form });
  const { access_token: token } = (await (await ask()).json()) as { access_token: string };
  expect([await proves(key), await proves(token)]).toEqual([true, true]);
  const expiresAt = new Date(Date.now() + 1000).toISOString();
  const patched = await replica.call('PATCH', '/v1/service-accounts/temporary', { body: { expiresAt } });
  expect(patched.body.expiresAt).toBe(expiresAt);
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect([await proves(key), await proves(token), (await ask()).status]).toEqual([false, false, 401]);
});

test('an account needs somebody who answers for it, and keeps one', async () => {
  const make = (body: object) => replica.call('POST', '/v1/service-accounts', { body });
  const { status, body } = await make({ name: 'orphan' });
  expect([status, body.errors]).toEqual([
    422,
    [{ path: 'owner', reason: 'is required: the person who answers for the account' }],
  ]);
  expect((await make({ name: 'orphan', owner: 'alice@example.com' })).status).toBe(201);
  const patch = (name: string, patched: object) =>
    replica.call('PATCH', `/v1/service-accounts/${name}`, { body: patched });
  expect((await patch('orphan', { owner: null })).status).toBe(422);
  expect((await patch('orphan', { owner: 'bob' })).body.owner).toBe('bob');
  // Those from before owners were asked for go on as they are.
  await replica.database.query(`UPDATE objects SET spec = spec || '{"owner": null}' WHERE name = 'orphan'`);
  expect((await patch('orphan', { disabled: true })).status).toBe(200);
});
