import { policySnapshot } from '@sallyport/gateway-contract';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../gateways/snapshot-source.js';

let installation: TestInstallation;
let replica: Replica;
let snapshots: SnapshotSource;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  snapshots = replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false });
}, 60_000);
afterAll(() => installation.stop());

const resource = (name: string, extra: object = {}) => ({
  kind: 'Resource',
  name,
  spec: {
    protocol: 'postgres',
    upstream: { host: 'localhost', port: 5432, database: name },
    credential: { username: 'app', password: { value: `password of ${name}` } },
    ...extra,
  },
});
const apply = async (...body: object[]): Promise<void> => {
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body });
  if (status !== 200) throw new Error(text);
};

test('holds what a gateway needs to decide alone, as the contract has it', async () => {
  await apply(
    resource('shop', { classification: [{ column: 'public.customers.ssn', tags: ['pii'] }] }),
    { kind: 'ServiceAccount', name: 'ci', spec: { groups: ['ci'], owner: 'alice@example.com' } },
    { kind: 'Group', name: 'dba', spec: { members: ['ServiceAccount::ci'] } },
    { kind: 'Policy', name: 'p', spec: { cedar: 'permit (principal in Group::"ci", action, resource);' } },
  );
  await replica.account('disabled');
  await replica.call('PATCH', '/v1/service-accounts/disabled', { body: { disabled: true } });
  const snapshot = await snapshots.build('local');
  expect(policySnapshot.parse(JSON.parse(JSON.stringify(snapshot)))).toEqual(snapshot);
  expect(snapshot).toMatchObject({
    revision: await snapshots.currentRevision(),
    gateway: 'local',
    maxAgeSeconds: 300,
    policies: [{ name: 'p' }],
    resources: [
      {
        name: 'shop',
        upstream: { tls: 'verify-full' },
        credential: { username: 'app', password: 'password of shop' },
        classification: [{ mask: 'redact' }],
      },
    ],
    groups: [
      { name: 'admins', members: ['ServiceAccount::admin'] },
      { name: 'ci', members: ['ServiceAccount::ci'] },
      { name: 'dba', members: ['ServiceAccount::ci'] },
    ],
    tokens: { issuer: 'https://sallyport.test', audience: 'sallyport' },
  });
  expect(snapshot.serviceAccounts).toMatchObject([
    { name: 'admin', disabled: false, keys: [{ hash: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
    { name: 'ci', owner: 'alice@example.com', keys: [] },
    { name: 'disabled', disabled: true },
  ]);
  expect(Buffer.from(snapshot.pseudonymKey, 'base64')).toHaveLength(32);
});

test('another replica builds the same, with the same pseudonyms and keys', async () => {
  const other = (await installation.replica()).app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false });
  const [mine, theirs] = await Promise.all([snapshots.build('local'), other.build('local')]);
  expect({ ...theirs, issuedAt: '' }).toEqual({ ...mine, issuedAt: '' });
});

test('CP-02: a gateway gets the resources that name it and those that name none', async () => {
  await apply(resource('bound', { gateways: ['east'] }));
  const names = async (gateway: string) => (await snapshots.build(gateway)).resources.map(({ name }) => name);
  expect(await names('east')).toEqual(['bound', 'shop']);
  expect(await names('west')).toEqual(['shop']);
  expect(JSON.stringify(await snapshots.build('west'))).not.toContain('password of bound');
});

test("a resource's revision changes with anything of it, also when it is made again", async () => {
  const revision = async () => (await snapshots.build('local')).resources.find(({ name }) => name === 'shop')!.revision;
  const seen = [await revision()];
  const next = async (...body: object[]): Promise<void> => {
    await apply(...body);
    seen.push(await revision());
  };
  await next(resource('shop', { labels: { env: 'prod' } }));
  await next(
    resource('shop', { labels: { env: 'prod' }, credential: { username: 'app', password: { value: 'other' } } }),
  );
  await replica.call('DELETE', '/v1/resources/shop');
  await next(resource('shop'));
  expect(new Set(seen).size).toBe(4);
  await apply({ kind: 'Group', name: 'unrelated', spec: {} });
  expect(await revision()).toBe(seen[3]);
});

test('CP-03: is of one moment, however much changes meanwhile', async () => {
  let isOver = false;
  const change = (async () => {
    for (let n = 1; n <= 40; n += 1) {
      const label = { labels: { round: String(n) } };
      await apply(resource('left', label), resource('right', label), { kind: 'Group', name: `round-${n}`, spec: {} });
    }
    isOver = true;
  })();
  const revisions: number[] = [];
  while (!isOver) {
    const { resources, groups, revision } = await snapshots.build('local');
    const rounds = ['left', 'right'].map((name) => resources.find((one) => one.name === name)?.labels['round']);
    expect(rounds[0]).toBe(rounds[1]);
    const latest = groups.filter(({ name }) => name.startsWith('round-')).length;
    expect(latest).toBe(Number(rounds[0] ?? 0));
    revisions.push(revision);
  }
  await change;
  expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  expect(revisions.length).toBeGreaterThan(5);
}, 30_000);
