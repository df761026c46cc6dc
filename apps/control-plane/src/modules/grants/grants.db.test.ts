import { randomUUID } from 'node:crypto';
import type { AccessInstallation } from '../../testing/access-installation.js';
import { startAccessInstallation } from '../../testing/access-installation.js';

let access: AccessInstallation;
beforeAll(async () => {
  access = await startAccessInstallation();
}, 60_000);
afterAll(() => access.installation.stop());
afterEach(() => access.clear());

test('asked, approved by another, and the gateways know until when', async () => {
  const id = await access.pending('alice', { resources: ['stock', 'shop', 'shop'] });
  const before = await access.revision();
  const { status, body } = await access.decide('bob', id);
  expect([status, body.state]).toEqual([200, 'approved']);
  const granted = (await access.grants()).find((grant) => grant.id === body.grantId)!;
  expect(granted).toMatchObject({ principal: 'ServiceAccount::alice', role: 'operator', resources: ['shop', 'stock'] });
  expect(new Date(granted.expiresAt).getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(new Date(granted.expiresAt).getTime()).toBeGreaterThan(Date.now() + 50_000);
  expect(await access.revision()).toBe(before + 1);
  const whoami = await access.as('alice', 'GET', '/v1/whoami');
  expect(whoami.body.roles).toEqual([
    { role: 'operator', by: 'grant', resources: ['shop', 'stock'], until: granted.expiresAt },
  ]);
  expect((await access.as('alice', 'DELETE', `/v1/grants/${granted.id}`)).status).toBe(204);
  expect((await access.grants()).some((grant) => grant.id === granted.id)).toBe(false);
  expect((await access.as('alice', 'DELETE', `/v1/grants/${granted.id}`)).body.code).toBe('grant-ended');
});

test.each([
  ['the account that asked', 'alice'],
  ['another account of the same owner', 'alices-bot'],
])('AP-01: %s decides nothing, neither way', async (_, who) => {
  const id = await access.pending('alice');
  for (const verdict of ['approve', 'deny'] as const) {
    expect((await access.decide(who, id, verdict)).body.code).toBe('self-approval');
  }
  expect((await access.read(id)).state).toBe('pending');
  expect((await access.as('alice', 'POST', `/v1/access-requests/${id}/withdraw`, {})).body.state).toBe('withdrawn');
  expect((await access.decide('bob', id)).body.code).toBe('request-not-pending');
});

test('AP-02: a quorum of two takes two people, not two accounts of one', async () => {
  const id = await access.pending('alice', { role: 'two-eyes' });
  for (const who of ['bob', 'bob', 'bobs-bot']) expect((await access.decide(who, id)).body.state).toBe('pending');
  expect((await access.decide('carol', id)).body.state).toBe('approved');
});

test('AP-02: 200 decisions on two replicas at once leave exactly one final state, and one grant', async () => {
  const id = await access.pending('alice');
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      access.decide(n % 3 ? 'bob' : 'carol', id, n % 2 ? 'approve' : 'deny', n % 4 < 2 ? access.replica : access.other),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'request-not-pending')).toHaveLength(199);
  const winner = answers.findIndex(({ status }) => status === 200);
  const { state, grantId, decisions } = await access.read(id);
  expect(state).toBe(winner % 2 ? 'approved' : 'denied');
  expect(decisions).toHaveLength(1);
  const made = await access.replica.database.query('SELECT id FROM grants WHERE request_id = $1', [id]);
  expect(made).toEqual(winner % 2 ? [{ id: grantId }] : []);
}, 60_000);

test('nobody else sees it, and what does not exist looks the same', async () => {
  const id = await access.pending('alice');
  for (const path of [id, randomUUID()]) {
    expect((await access.as('dora', 'GET', `/v1/access-requests/${path}`)).status).toBe(404);
    expect((await access.decide('dora', path)).status).toBe(404);
  }
  expect((await access.decide('bob', id, 'deny')).body.state).toBe('denied');
});
