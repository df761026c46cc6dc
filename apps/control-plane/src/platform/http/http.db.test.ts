import { randomUUID } from 'node:crypto';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
}, 60_000);
afterAll(() => installation.stop());

const group = (name: string, headers: Record<string, string> = {}, members: string[] = []) =>
  replica.call('POST', '/v1/groups', { body: { name, members }, headers });

test('an update names the version it changes', async () => {
  const made = await group('tagged');
  expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
  const put = (ifMatch: string, member: string) =>
    replica.call('PUT', '/v1/groups/tagged', { body: { members: [member] }, headers: { 'if-match': ifMatch } });
  const changed = await put('"1"', 'User::a');
  expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
  const late = await put('"1"', 'User::b');
  expect([late.status, late.body.code]).toEqual([412, 'version-mismatch']);
  expect((await replica.call('GET', '/v1/groups/tagged')).body.members).toEqual(['User::a']);
  expect((await put('"7", "2"', 'User::c')).status).toBe(200);
  expect((await put('*', 'User::d')).status).toBe(200);
  const remove = (ifMatch: string) => replica.call('DELETE', '/v1/groups/tagged', { headers: { 'if-match': ifMatch } });
  expect((await remove('"1"')).status).toBe(412);
  expect((await remove('"4"')).status).toBe(204);
});

test('of updates to one version at once one succeeds', async () => {
  await group('raced');
  const put = (n: number) =>
    replica.call('PUT', '/v1/groups/raced', { body: { members: [`User::u${n}`] }, headers: { 'if-match': '"1"' } });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => put(n)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
});

test('a create sent again is answered again and done once', async () => {
  await replica.account('keyed');
  const create = (key: string) =>
    replica.call('POST', '/v1/service-accounts/keyed/keys', { body: {}, headers: { 'idempotency-key': key } });
  const key = randomUUID();
  const first = await create(key);
  const again = await create(key);
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const tagged = [await group('again', { 'idempotency-key': 'g' }), await group('again', { 'idempotency-key': 'g' })];
  expect(tagged.map(({ status, headers }) => [status, headers.get('etag')])).toEqual([
    [201, '"1"'],
    [201, '"1"'],
  ]);
  const { items } = (await replica.call('GET', '/v1/service-accounts/keyed/keys')).body;
  expect(items).toHaveLength(2);
});

test('of the same create sent at once on two replicas one is done', async () => {
  await replica.account('doubled');
  const other = await installation.replica();
  const create = (at: Replica) =>
    at.call('POST', '/v1/service-accounts/doubled/keys', {
      as: replica.administrator,
      body: {},
      headers: { 'idempotency-key': 'at-once' },
    });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => create(n % 2 ? replica : other)));
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => 'idempotency-in-progress'));
  expect(new Set(answers.flatMap(({ body }) => (body.id ? [body.id as string] : []))).size).toBe(1);
  expect((await replica.call('GET', '/v1/service-accounts/doubled/keys')).body.items).toHaveLength(2);
});

test('a key used for something else is refused, and a failure frees its key', async () => {
  await group('one', { 'idempotency-key': 'same' });
  const reused = await group('two', { 'idempotency-key': 'same' });
  expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
  expect((await group('one', { 'idempotency-key': 'failed' })).status).toBe(409);
  expect((await group('three', { 'idempotency-key': 'failed' })).status).toBe(201);
  expect((await group('four', { 'idempotency-key': 'x'.repeat(201) })).body.code).toBe('invalid-idempotency-key');
});

test("CP-10: one caller's key is not another's", async () => {
  const other = await replica.account('second-admin', 'admins');
  const headers = { 'idempotency-key': 'shared' };
  await group('first-of-all', headers);
  const answer = await replica.call('POST', '/v1/groups', { as: other, body: { name: 'second-of-all' }, headers });
  expect(answer.body).toMatchObject({ name: 'second-of-all' });
});

test('a list comes in pages, by name, each item once', async () => {
  for (const name of ['p3', 'p1', 'p2', 'p-4', 'p_5']) await group(name);
  const seen: string[] = [];
  for (let cursor: string | null = null; ;) {
    const { body } = await replica.call('GET', `/v1/groups?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
    expect(body.items.length).toBeLessThanOrEqual(2);
    seen.push(...(body.items as { name: string }[]).map(({ name }) => name));
    cursor = body.next as string | null;
    if (cursor === null) break;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toEqual(expect.arrayContaining(['p-4', 'p1', 'p2', 'p3', 'p_5']));
});

test.each([
  ['?limit=0', 422],
  ['?limit=201', 422],
  ['?limit=x', 422],
  ['?unknown=1', 422],
  ['?cursor=nonsense', 400],
])('a list refuses %s', async (query, expected) => {
  expect((await replica.call('GET', `/v1/groups${query}`)).status).toBe(expected);
});

test.each([
  ['an unknown member', { name: 'x', admin: true }],
  ['a name in capitals', { name: 'Ops' }],
  ['a path as a name', { name: '../x' }],
  ['no name', {}],
  ['a list', []],
  ['a text', '"x"'],
])('%s is refused with its place and reason', async (_, body) => {
  const answer = await replica.call('POST', '/v1/groups', { body, headers: { 'content-type': 'application/json' } });
  expect([answer.status, answer.body.code]).toEqual([422, 'invalid-request']);
  expect(answer.body.errors[0]).toMatchObject({ path: expect.any(String), reason: expect.any(String) });
});

test('a body that is no JSON, too large or of another type is refused', async () => {
  const json = { 'content-type': 'application/json' };
  expect(await replica.call('POST', '/v1/groups', { body: '{"name":', headers: json })).toMatchObject({
    status: 400,
    body: { code: 'malformed-request' },
  });
  const long = JSON.stringify({ name: 'x'.repeat(2 << 20) });
  expect((await replica.call('POST', '/v1/groups', { body: long, headers: json })).status).toBe(413);
  const form = { body: 'name=x&name=y', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  expect((await replica.call('POST', '/v1/groups', form)).status).toBe(422);
});

test('ID-22: answers are not kept, framed or guessed at', async () => {
  const { headers } = await replica.call('GET', '/v1/groups');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('access-control-allow-origin')).toBeNull();
});

test('metrics count requests by route, without names', async () => {
  await replica.call('GET', '/v1/groups/p1');
  const { text } = await replica.call('GET', '/metrics', { as: null });
  expect(text).toMatch(
    /sallyport_http_request_duration_seconds_count\{method="GET",route="\/v1\/groups\/:name",status="200"\}/,
  );
  expect(text).not.toContain('p1"');
});

test('without its database it is alive and not ready', async () => {
  const other = await installation.replica();
  expect((await other.call('GET', '/readyz', { as: null })).status).toBe(200);
  await other.database.destroy();
  const { status, body } = await other.call('GET', '/readyz', { as: null });
  expect([status, body.code]).toEqual([503, 'not-ready']);
  expect((await other.call('GET', '/healthz', { as: null })).status).toBe(200);
  expect((await other.call('GET', '/v1/whoami', { as: replica.administrator })).status).toBe(500);
  await other.database.initialize();
});
