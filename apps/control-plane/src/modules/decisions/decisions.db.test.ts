import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;

const policies = `kind: Resource
name: shop
spec:
  protocol: postgres
  upstream: {host: localhost, port: 5432}
  credential: {username: app, password: {value: secret}}
  classification:
    - {column: public.customers.email, tags: [pii], mask: pseudonym}
---
kind: Policy
name: reads
spec: {cedar: 'permit (principal in Group::"ci", action in [Action::"connect", Action::"select"], resource in Resource::"shop");'}
---
kind: Policy
name: deletes
spec: {cedar: '@approval("dba") @reason("ask first") permit (principal in Group::"ci", action == Action::"delete", resource in Resource::"shop");'}
`;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  await replica.account('ci', 'ci');
  expect((await replica.call('PUT', '/v1/manifests', { body: policies })).status).toBe(200);
}, 60_000);
afterAll(() => installation.stop());

const ask = (effects: object[], principal = 'ServiceAccount::ci', resource = 'shop') =>
  replica.call('POST', '/v1/decisions', { body: { principal, resource, effects } });

test('what is permitted, with what is masked', async () => {
  const { status, body } = await ask([{ action: 'select', object: 'public.customers', columns: ['id', 'email'] }]);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    effect: 'permit',
    because: [{ code: 'permitted', policy: 'reads' }],
    masks: [{ column: 'shop/public.customers.email', method: 'pseudonym' }],
    approval: null,
    effects: [{ verb: 'select', object: 'shop/public.customers', verdict: 'permit' }],
  });
});

test('what waits, and for whom', async () => {
  const { body } = await ask([{ action: 'connect' }, { action: 'delete', object: 'shop/public.orders' }]);
  expect(body).toMatchObject({
    effect: 'hold',
    approval: { requirements: [{ groups: ['dba'], quorum: 1 }] },
    effects: [{ verdict: 'permit' }, { verdict: 'hold' }],
  });
});

test('what is denied', async () => {
  expect((await ask([{ action: 'truncate', object: 'public.orders' }])).body).toMatchObject({
    effect: 'deny',
    because: [{ code: 'no-permit' }],
  });
});

test('the answer follows the newest revision', async () => {
  const body = { name: 'never', cedar: 'forbid (principal, action == Action::"select", resource);' };
  await replica.call('POST', '/v1/policies', { body });
  const select = [{ action: 'select', object: 'public.customers', columns: ['id'] }];
  expect((await ask(select)).body).toMatchObject({ effect: 'deny', because: [{ policy: 'never' }] });
  await replica.call('DELETE', '/v1/policies/never');
  expect((await ask(select)).body.effect).toBe('permit');
});

test('who and what must exist', async () => {
  const connect = [{ action: 'connect' }];
  expect((await ask(connect, 'ServiceAccount::nobody')).status).toBe(404);
  expect((await ask(connect, 'ServiceAccount::ci', 'nothing')).status).toBe(404);
  await replica.account('off', 'ci');
  await replica.call('PATCH', '/v1/service-accounts/off', { body: { disabled: true } });
  expect((await ask(connect, 'ServiceAccount::off')).status).toBe(404);
});

test.each([
  ['an unknown action', { effects: [{ action: 'fly' }] }],
  ['an action that the object does not know', { effects: [{ action: 'delete', object: 'public' }] }],
  ['no effects', { effects: [] }],
  ['neither effects nor SQL', {}],
])('%s is refused', async (_, asked) => {
  const body = { principal: 'ServiceAccount::ci', resource: 'shop', ...asked };
  expect((await replica.call('POST', '/v1/decisions', { body })).status).toBe(422);
});

const askSql = (sql: string) =>
  replica.call('POST', '/v1/decisions', { body: { principal: 'ServiceAccount::ci', resource: 'shop', sql } });

test.each([
  ['SELECT 1', 'permit', 'shop', []],
  ['SELECT id, email FROM public.customers WHERE id = 1', 'permit', 'shop/public.customers', ['email']],
  ['SELECT * FROM customers', 'permit', 'shop/public.customers', ['email']],
  [
    'SELECT count(*), max(o.total) FROM orders AS o JOIN customers AS c ON c.id = o.customer',
    'permit',
    'shop/public.orders',
    [],
  ],
  ['DELETE FROM orders WHERE id = 7', 'hold', 'shop/public.orders', []],
  ['DROP TABLE orders', 'deny', 'shop/public.orders', []],
  ['SELECT pg_sleep(10)', 'deny', 'shop/pg_catalog.pg_sleep', []],
  ['SELECT my_function()', 'deny', 'shop/pg_catalog.my_function', []],
  ['COPY orders TO PROGRAM $$sh$$', 'deny', 'shop/public.orders', []],
])('%s is explained: %s', async (sql, effect, object, masked) => {
  const { body } = await askSql(sql);
  expect(body).toMatchObject({ effect, basis: 'assumed-catalog' });
  expect((body.effects as { object: string }[]).map((one) => one.object)).toContain(object);
  expect(body.masks).toEqual(
    masked.map((column) => ({ column: `shop/public.customers.${column}`, method: 'pseudonym' })),
  );
});

test.each([
  ['SELEC 1', 'unparsable'],
  ['SET ROLE postgres', 'unsupported'],
])('%s is denied as it would be: %s', async (sql, code) => {
  expect((await askSql(sql)).body).toMatchObject({ effect: 'deny', because: [{ code }], effects: [] });
});

test("what only the target's catalog knows is not guessed", async () => {
  const answer = await askSql('SELECT * FROM pg_catalog.pg_authid');
  expect([answer.status, answer.body.code]).toEqual([422, 'catalog-unavailable']);
});
