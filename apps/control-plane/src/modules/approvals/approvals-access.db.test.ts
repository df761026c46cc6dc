import { heldExchange, local } from '../../testing/control-plane-parts.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { ApprovalIntake } from './approval-intake.js';

let installation: TestInstallation;
let replica: Replica;
const keys: Record<string, string> = {};

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  keys['ci'] = await replica.account('ci', 'ci');
  keys['dba'] = await replica.account('dba', 'dba');
  keys['other'] = await replica.account('other', 'sales');
  keys['auditor'] = await replica.account('auditor', 'auditors');
}, 60_000);
afterAll(() => installation.stop());

/** A DELETE of `ci` that members of `dba` may approve. */
async function hold(): Promise<string> {
  const { owner: _, ...principal } = heldExchange().session.principal;
  const exchange = heldExchange();
  await replica.app
    .get(ApprovalIntake, { strict: false })
    .hold(local, { ...exchange, session: { ...exchange.session, principal } });
  return exchange.id;
}
const listed = async (as: string | undefined): Promise<string[]> => {
  const { body } = await replica.call('GET', '/v1/approvals?state=pending', { as: as ?? null });
  return (body.items as { id: string }[]).map(({ id }) => id);
};

test('members of a group that the policy names decide, without any right on the collection', async () => {
  const id = await hold();
  expect(await listed(keys['dba'])).toContain(id);
  expect((await replica.call('GET', `/v1/approvals/${id}`, { as: keys['dba']! })).status).toBe(200);
  const { status, body } = await replica.call('POST', `/v1/approvals/${id}/approve`, { as: keys['dba']!, body: {} });
  expect([status, body.state]).toEqual([200, 'approved']);
});

test('AP-01: the requester sees it and cannot decide it', async () => {
  const id = await hold();
  expect(await listed(keys['ci'])).toContain(id);
  const { status, body } = await replica.call('POST', `/v1/approvals/${id}/approve`, { as: keys['ci']!, body: {} });
  expect([status, body.code]).toEqual([403, 'self-approval']);
});

test('ID-25: nobody else sees it or decides it', async () => {
  const id = await hold();
  expect(await listed(keys['other'])).toEqual([]);
  expect((await replica.call('GET', `/v1/approvals/${id}`, { as: keys['other']! })).status).toBe(404);
  const { status, body } = await replica.call('POST', `/v1/approvals/${id}/approve`, { as: keys['other']!, body: {} });
  expect([status, body.code]).toEqual([403, 'not-eligible']);
});

test('who may read the collection sees all of it and still decides nothing', async () => {
  const id = await hold();
  expect(await listed(keys['auditor'])).toContain(id);
  expect(await listed(replica.administrator!)).toContain(id);
  const { body } = await replica.call('POST', `/v1/approvals/${id}/approve`, { body: {} });
  expect(body.code).toBe('not-eligible');
});
