import { eventually } from '../../testing/eventually.js';
import type { AccessInstallation } from '../../testing/access-installation.js';
import { fewPending, roles, startAccessInstallation } from '../../testing/access-installation.js';

let access: AccessInstallation;
beforeAll(async () => {
  access = await startAccessInstallation();
}, 60_000);
afterAll(() => access.installation.stop());
afterEach(async () => {
  await access.clear();
  for (const [name, spec] of Object.entries(roles)) await declare(name, spec);
});

async function declare(name: string, spec: object): Promise<void> {
  const { status, text } = await access.replica.call('PUT', `/v1/roles/${name}`, { body: spec });
  if (status !== 200) throw new Error(text);
}
const off = (name: string, disabled = true) =>
  access.replica.call('PATCH', `/v1/service-accounts/${name}`, { body: { disabled } });
/** The stored time goes back, as if that much of it had passed. */
const elapse = (table: 'grants' | 'access_requests', id: string, seconds: number) =>
  access.replica.database.query(
    `UPDATE ${table} SET expires_at = expires_at - make_interval(secs => $2) WHERE id = $1`,
    [id, seconds],
  );

test.each([
  ['somebody whom the role does not name', 'dora', {}, 403, 'not-requestable'],
  ['a role that does not exist', 'alice', { role: 'nothing' }, 403, 'not-requestable'],
  ['a role that nobody can ask for', 'alice', { role: 'closed' }, 403, 'not-requestable'],
  ['a resource that the role leaves out', 'alice', { resources: ['shop', 'books'] }, 422, 'invalid-request'],
  ['a resource that does not exist', 'alice', { resources: ['nothing'] }, 422, 'invalid-request'],
  ['longer than the role lets', 'alice', { seconds: 601 }, 422, 'invalid-request'],
  ['somebody else', 'alice', { principal: 'ServiceAccount::bob' }, 403, 'not-yours'],
  [
    'an account of the same owner that is not their own',
    'alice',
    { principal: 'ServiceAccount::alices-bot' },
    403,
    'not-yours',
  ],
  ['no reason', 'alice', { reason: ' ' }, 422, 'invalid-request'],
  ['AP-04: a reason nobody reads to its end', 'alice', { reason: 'x'.repeat(1001) }, 422, 'invalid-request'],
  ['ID-25: a state with it', 'alice', { state: 'approved' }, 422, 'invalid-request'],
  ['ID-25: a requester with it', 'alice', { requester: 'ServiceAccount::bob' }, 422, 'invalid-request'],
])('cannot be asked: %s', async (_, who, more, status, code) => {
  const answer = await access.ask(who, more);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test('an owner asks for an account of theirs, and neither decides', async () => {
  const id = await access.pending('alice', { principal: 'ServiceAccount::alices-job' });
  expect(await access.read(id)).toMatchObject({
    principal: 'ServiceAccount::alices-job',
    requester: 'ServiceAccount::alice',
  });
  expect((await access.decide('alices-bot', id)).body.code).toBe('self-approval');
  expect((await access.decide('bob', id)).body.state).toBe('approved');
  expect(await access.grants()).toMatchObject([{ principal: 'ServiceAccount::alices-job' }]);
});

test('AP-01: administrators and auditors decide nothing either', async () => {
  const id = await access.pending('alice');
  expect((await access.replica.call('POST', `/v1/access-requests/${id}/approve`, { body: {} })).status).toBe(404);
  expect((await access.read(id)).state).toBe('pending');
});

test('AP-04: approvers read what they cannot mistake, and the text itself is kept', async () => {
  const reason = 'ops\u202egnp.exe \u001b[2K<b>\u200b\\u{1}';
  const id = await access.pending('alice', { reason });
  expect(await access.read(id)).toMatchObject({
    reason,
    displayReason: 'ops\\u{202e}gnp.exe \\u{1b}[2K<b>\\u{200b}\\u{5c}u{1}',
  });
});

test('AP-05: who asked is gone by the time it is decided', async () => {
  const id = await access.pending('alice');
  await off('alice');
  expect((await access.decide('bob', id)).body.code).toBe('request-void');
  expect(await access.read(id)).toMatchObject({ state: 'void', grantId: null });
  await off('alice', false);
  expect((await access.decide('bob', id)).body.code).toBe('request-not-pending');
});

test.each([
  ['the role is for others', { request: { ...roles.operator.request, requesters: ['sales'] } }],
  ['the role is for other resources', { request: { ...roles.operator.request, resources: ['books'] } }],
  ['the role is for a shorter time', { request: { ...roles.operator.request, maxSeconds: 59 } }],
])('AP-05: by the time it is decided %s', async (_, spec) => {
  const id = await access.pending('alice');
  await declare('operator', spec);
  expect((await access.decide('bob', id)).body.code).toBe('request-void');
  expect(await access.grants()).toEqual([]);
});

test('AP-05: an approver who is gone by the deciding approval does not count', async () => {
  const id = await access.pending('alice', { role: 'two-eyes' });
  expect((await access.decide('bob', id)).body.state).toBe('pending');
  await off('bob');
  expect((await access.decide('carol', id)).body.state).toBe('pending');
  await off('bob', false);
  expect((await access.decide('carol', id)).body.state).toBe('approved');
});

test('AP-05: an approver is one by the groups named now', async () => {
  const id = await access.pending('alice');
  await declare('operator', { request: { ...roles.operator.request, approvers: ['sales'] } });
  expect((await access.decide('bob', id)).status).toBe(404);
  expect((await access.decide('dora', id)).body.state).toBe('approved');
});

test('AP-05: what is past its time is not decided, whether or not anything has marked it', async () => {
  const id = await access.pending('alice');
  await elapse('access_requests', id, 24 * 3600);
  expect((await access.decide('bob', id)).body.code).toBe('request-not-pending');
  expect((await access.read(id)).state).toBe('expired');
});

test('AP-11: the same is asked once, and one person waits for so much and no more', async () => {
  await access.pending('alice');
  expect((await access.ask('alice', { reason: 'again', seconds: 30 })).body.code).toBe('already-pending');
  const key = await access.replica.call('POST', '/v1/service-accounts/alices-bot/keys', { body: {} });
  const wish = (n: string) =>
    access.other.call('POST', '/v1/access-requests', {
      as: key.body.key,
      body: { role: 'operator', resources: [n], seconds: 60, reason: 'x' },
    });
  const burst = await Promise.all(['shop', 'stock', 'shop', 'stock'].map(wish));
  // Another account of the same owner is the same person, with one request waiting already.
  expect(burst.filter(({ status }) => status === 201)).toHaveLength(fewPending - 1);
  expect(burst.map(({ body }) => body.code)).toContain('too-many-pending');
  expect((await access.as('alice', 'GET', '/v1/access-requests?state=pending')).body.items).toHaveLength(1);
});

test('break-glass is for whom the role names, needs nobody, and comes first', async () => {
  const emergency = { role: 'emergency', breakGlass: true };
  expect((await access.ask('alice', emergency)).body.code).toBe('no-break-glass');
  expect((await access.ask('eve', { ...emergency, seconds: 61 })).status).toBe(422);
  expect((await access.ask('eve', { ...emergency, reason: '' })).status).toBe(422);
  expect((await access.ask('eve', { role: 'emergency' })).body.code).toBe('not-requestable');
  const { status, body } = await access.ask('eve', emergency);
  expect([status, body.state, body.breakGlass]).toEqual([201, 'approved', true]);
  expect(await access.grants()).toMatchObject([{ id: body.grantId, principal: 'ServiceAccount::eve' }]);
  expect((await access.ask('eve', emergency)).body.code).toBe('already-granted');
  const id = await access.pending('alice');
  await access.decide('bob', id);
  const { items } = (await access.replica.call('GET', '/v1/grants?state=active')).body;
  expect(items).toMatchObject([
    { id: body.grantId, breakGlass: true, approvedBy: [] },
    { breakGlass: false, approvedBy: ['ServiceAccount::bob'] },
  ]);
  const { text } = await access.replica.call('GET', '/metrics', { as: null });
  expect(text).toMatch(/sallyport_break_glass_grants_total\{role="emergency"\} 1/);
  const audit = await access.replica.call('GET', '/v1/audit?action=access-request.break-glass');
  expect(audit.body.items).toMatchObject([{ actor: 'ServiceAccount::eve', detail: { reason: 'look' } }]);
});

test('more time is asked and decided like the first, and never exceeds the longest from the first start', async () => {
  const id = await access.pending('alice', { seconds: 300 });
  const { grantId } = (await access.decide('bob', id)).body;
  const until = (await access.grants())[0]!.expiresAt;
  const extend = (who: string, seconds: number, of = id) =>
    access.as(who, 'POST', `/v1/access-requests/${of}/extend`, { seconds, reason: 'not done' });
  expect((await extend('alice', 301)).status).toBe(422);
  expect((await extend('dora', 60)).status).toBe(404);
  const more = await extend('alice', 200);
  expect([more.status, more.body.state, more.body.extends]).toEqual([201, 'pending', grantId]);
  expect((await extend('alice', 200)).body.code).toBe('already-pending');
  expect((await access.grants())[0]!.expiresAt).toBe(until);
  expect((await access.decide('alices-bot', more.body.id)).body.code).toBe('self-approval');
  const before = await access.revision();
  expect((await access.decide('carol', more.body.id)).body).toMatchObject({ state: 'approved', grantId });
  expect(await access.revision()).toBe(before + 1);
  const [grant] = await access.grants();
  expect(grant).toMatchObject({ id: grantId });
  expect(Date.parse(grant!.expiresAt) - Date.parse(until)).toBe(200_000);
  const again = await extend('alice', 100, more.body.id);
  expect(again.status).toBe(201);
  await access.as('alice', 'DELETE', `/v1/grants/${grantId}`);
  expect((await access.decide('bob', again.body.id)).body.code).toBe('request-void');
  expect((await extend('alice', 1)).body.code).toBe('grant-ended');
});

test('ID-24: one ends their own grant, administrators end any, and nobody else knows of it', async () => {
  const id = await access.pending('alice');
  const { grantId } = (await access.decide('bob', id)).body;
  for (const who of ['dora', 'bob', 'alices-bot']) {
    expect((await access.as(who, 'GET', `/v1/grants/${grantId}`)).status).toBe(404);
    expect((await access.as(who, 'DELETE', `/v1/grants/${grantId}`)).status).toBe(404);
    expect((await access.as(who, 'GET', '/v1/grants')).body.items).toEqual([]);
  }
  expect((await access.as('alice', 'GET', `/v1/grants/${grantId}`)).body.state).toBe('active');
  expect((await access.replica.call('DELETE', `/v1/grants/${grantId}`)).status).toBe(204);
  expect((await access.as('alice', 'GET', `/v1/grants/${grantId}`)).body).toMatchObject({
    state: 'revoked',
    endedBy: 'ServiceAccount::admin',
  });
  const audit = await access.replica.call('GET', `/v1/audit?target=Grant::${grantId}`);
  expect(audit.body.items).toMatchObject([{ action: 'grant.revoked', detail: { before: { role: 'operator' } } }]);
});

test('a grant ends by itself: at once for gateways, and marked and audited after', async () => {
  const id = await access.pending('alice', { seconds: 1 });
  const { grantId } = (await access.decide('bob', id)).body;
  await elapse('grants', grantId, 1);
  expect(await access.grants()).toEqual([]);
  expect((await access.as('alice', 'GET', '/v1/whoami')).body.roles).toEqual([]);
  expect((await access.as('alice', 'DELETE', `/v1/grants/${grantId}`)).body.code).toBe('grant-ended');
  await eventually(async () => {
    const { items } = (await access.replica.call('GET', `/v1/audit?target=Grant::${grantId}`)).body;
    return items.length === 1 && items[0].action === 'grant.expired';
  }, 15_000);
}, 30_000);

test('one made again under an old name inherits nothing', async () => {
  const id = await access.pending('alice', { role: 'two-eyes' });
  await access.decide('bob', id);
  await access.decide('carol', id);
  expect(await access.grants()).toHaveLength(1);
  await access.replica.call('DELETE', '/v1/roles/two-eyes');
  expect(await access.grants()).toEqual([]);
  await access.replica.call('POST', '/v1/roles', { body: { name: 'two-eyes', ...roles['two-eyes'] } });
  expect(await access.grants()).toEqual([]);
});

test('revoked and made longer at once, on two replicas, it ends', async () => {
  const id = await access.pending('alice', { seconds: 300 });
  const { grantId } = (await access.decide('bob', id)).body;
  const more = await access.as('alice', 'POST', `/v1/access-requests/${id}/extend`, { seconds: 60, reason: 'x' });
  const answers = await Promise.all([
    ...Array.from({ length: 20 }, () => access.decide('bob', more.body.id, 'approve', access.other)),
    ...Array.from({ length: 20 }, () => access.as('alice', 'DELETE', `/v1/grants/${grantId}`)),
  ]);
  expect(answers.map(({ status }) => status).filter((status) => ![200, 204, 409].includes(status))).toEqual([]);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  expect(await access.grants()).toEqual([]);
  expect(['approved', 'void']).toContain((await access.read(more.body.id)).state);
}, 30_000);
