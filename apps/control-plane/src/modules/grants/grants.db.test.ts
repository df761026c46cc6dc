import { randomUUID } from 'node:crypto';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../gateways/snapshot-source.js';

let installation: TestInstallation;
let replica: Replica;
let other: Replica;
const keys: Record<string, string> = {};

const account = (name: string, owner: string, ...groups: string[]) => ({
  kind: 'ServiceAccount',
  name,
  spec: { owner, groups },
});
const resource = (name: string) => ({
  kind: 'Resource',
  name,
  spec: {
    protocol: 'postgres',
    upstream: { host: 'localhost', port: 5432, database: name },
    credential: { username: 'app', password: { value: 'secret' } },
  },
});
const role = (name: string, request?: object, members: string[] = []) => ({
  kind: 'Role',
  name,
  spec: { members, ...(request && { request }) },
});

const people: [string, string, ...string[]][] = [
  ['alice', 'alice', 'engineers'],
  ['alices-bot', 'alice', 'dba'],
  ['bob', 'bob', 'dba'],
  ['bobs-bot', 'bob', 'dba'],
  ['carol', 'carol', 'dba'],
  ['dora', 'dora', 'sales'],
  ['eve', 'eve', 'oncall'],
];

beforeAll(async () => {
  installation = await startInstallation();
  [replica, other] = [await installation.replica(), await installation.replica()];
  await replica.bootstrap();
  const asked = { approvers: ['dba'], requesters: ['engineers', 'dba'], maxSeconds: 600, resources: ['shop', 'stock'] };
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      ...['shop', 'stock', 'books'].map(resource),
      ...people.map(([name, owner, ...groups]) => account(name, owner, ...groups)),
      role('operator', asked, ['Group::sales']),
      role('two-eyes', { ...asked, quorum: 2 }),
      role('emergency', { approvers: ['dba'], breakGlass: ['oncall'], requesters: [] }),
      role('closed'),
    ],
  });
  if (status !== 200) throw new Error(text);
  for (const [name] of people) keys[name] = await keyOf(name);
}, 60_000);
afterAll(() => installation.stop());

async function keyOf(name: string): Promise<string> {
  const made = await replica.call('POST', `/v1/service-accounts/${name}/keys`, { body: {} });
  return made.body.key as string;
}
const wish = (more: object = {}) => ({ role: 'operator', resources: ['shop'], seconds: 60, reason: 'look', ...more });
const ask = (who: string, more: object = {}) =>
  replica.call('POST', '/v1/access-requests', { as: keys[who]!, body: wish(more) });
const decide = (who: string, id: string, verdict = 'approve', at = replica) =>
  at.call('POST', `/v1/access-requests/${id}/${verdict}`, {
    as: keys[who]!,
    body: verdict === 'deny' ? { comment: 'no' } : {},
  });
/** Asked by somebody who has nothing else waiting. */
async function pending(who: string, more: object = {}): Promise<string> {
  const { status, body, text } = await ask(who, more);
  if (status !== 201) throw new Error(text);
  return body.id as string;
}
const grants = async (): Promise<
  { id: string; principal: string; role: string; resources: string[]; expiresAt: string }[]
> => (await replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).build('local')).grants as never;
const read = async (id: string) => (await replica.call('GET', `/v1/access-requests/${id}`)).body;

test('asked, approved by another, and the gateways know until when', async () => {
  const id = await pending('alice', { resources: ['stock', 'shop', 'shop'] });
  const before = await replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).currentRevision();
  const { status, body } = await decide('bob', id);
  expect([status, body.state]).toEqual([200, 'approved']);
  const granted = (await grants()).find((grant) => grant.id === body.grantId)!;
  expect(granted).toMatchObject({ principal: 'ServiceAccount::alice', role: 'operator', resources: ['shop', 'stock'] });
  expect(new Date(granted.expiresAt).getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(new Date(granted.expiresAt).getTime()).toBeGreaterThan(Date.now() + 50_000);
  expect(await replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).currentRevision()).toBe(before + 1);
  const whoami = await replica.call('GET', '/v1/whoami', { as: keys['alice']! });
  expect(whoami.body.roles).toEqual([
    { role: 'operator', by: 'grant', resources: ['shop', 'stock'], until: granted.expiresAt },
  ]);
  expect((await replica.call('DELETE', `/v1/grants/${granted.id}`, { as: keys['alice']! })).status).toBe(204);
  expect((await grants()).some((grant) => grant.id === granted.id)).toBe(false);
  expect((await replica.call('DELETE', `/v1/grants/${granted.id}`, { as: keys['alice']! })).body.code).toBe(
    'grant-ended',
  );
});

test.each([
  ['the account that asked', 'alice'],
  ['another account of the same owner', 'alices-bot'],
])('AP-01: %s decides nothing, neither way', async (_, who) => {
  const id = await pending('alice');
  for (const verdict of ['approve', 'deny']) {
    expect((await decide(who, id, verdict)).body.code).toBe('self-approval');
  }
  expect((await read(id)).state).toBe('pending');
  expect(
    (await replica.call('POST', `/v1/access-requests/${id}/withdraw`, { as: keys['alice']!, body: {} })).body.state,
  ).toBe('withdrawn');
  expect((await decide('bob', id)).body.code).toBe('request-not-pending');
});

test('AP-02: a quorum of two takes two people, not two accounts of one', async () => {
  const id = await pending('alice', { role: 'two-eyes' });
  for (const who of ['bob', 'bob', 'bobs-bot']) expect((await decide(who, id)).body.state).toBe('pending');
  expect((await decide('carol', id)).body.state).toBe('approved');
});

test('AP-02: 200 decisions on two replicas at once leave exactly one final state, and one grant', async () => {
  const id = await pending('alice');
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      decide(n % 3 ? 'bob' : 'carol', id, n % 2 ? 'approve' : 'deny', n % 4 < 2 ? replica : other),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'request-not-pending')).toHaveLength(199);
  const winner = answers.findIndex(({ status }) => status === 200);
  const { state, grantId, decisions } = await read(id);
  expect(state).toBe(winner % 2 ? 'approved' : 'denied');
  expect(decisions).toHaveLength(1);
  const made = await replica.database.query('SELECT id FROM grants WHERE request_id = $1', [id]);
  expect(made).toEqual(winner % 2 ? [{ id: grantId }] : []);
}, 60_000);

test('nobody else sees it, and what does not exist looks the same', async () => {
  const id = await pending('alice');
  for (const path of [id, randomUUID()]) {
    expect((await replica.call('GET', `/v1/access-requests/${path}`, { as: keys['dora']! })).status).toBe(404);
    expect((await decide('dora', path)).status).toBe(404);
  }
  expect((await decide('bob', id, 'deny')).body.state).toBe('denied');
});
