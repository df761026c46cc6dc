import { randomUUID } from 'node:crypto';
import {
  callerFor,
  ci,
  heldExchange,
  local,
  reviewer,
  startParts,
  type Parts,
} from '../../testing/control-plane-parts.js';
import type { HeldExchange } from './approval-intake.js';

const bob = reviewer('bob', 'dba');
const elsewhere = { name: 'elsewhere', enrolmentId: randomUUID() };
const request = 'c'.repeat(64);
const another = 'd'.repeat(64);
let parts: Parts;

beforeAll(async () => {
  parts = await startParts();
}, 60_000);
afterAll(() => parts.stop());
beforeEach(async () => {
  parts.principals.set(ci, bob);
  await parts.dataSource.query('DELETE FROM approval_decisions');
  await parts.dataSource.query('DELETE FROM approvals');
});

async function held(portable = true): Promise<HeldExchange> {
  const exchange = { ...heldExchange(), bindingHash: request, portable };
  await parts.intake.hold(local, exchange);
  return exchange;
}
const approve = (id: string): Promise<unknown> => parts.decisions.decide(id, callerFor(bob), { verdict: 'approve' });
const consume = (gateway: typeof local, approvalId: string, bindingHash = request): Promise<boolean> =>
  parts.release.consume(gateway, { approvalId, bindingHash });
const found = async (bindingHash: string, approvalId?: string): Promise<string | undefined> =>
  (await parts.queries.find({ bindingHash, ...(approvalId !== undefined && { approvalId }) }))?.id;

test('AP-03: a portable approval is found by its own request alone, with its id or without', async () => {
  const { id } = await held();
  await approve(id);
  expect([await found(request), await found(request, id)]).toEqual([id, id]);
  expect([await found(another), await found(another, id), await found(request, randomUUID())]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('AP-03: what waits on its session is nobody else’s to find', async () => {
  const { id } = await held(false);
  expect([await found(request), await found(request, id)]).toEqual([undefined, undefined]);
});

test('AP-02: of two gateways that claim it at once one runs it', async () => {
  const { id } = await held();
  await approve(id);
  const claims = Array.from({ length: 20 }, (_, index) => consume(index % 2 ? local : elsewhere, id));
  expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
  expect(await consume(local, id, another)).toBe(false);
});

test('AP-08: what came of it is said by the gateway that ran it, and by no other', async () => {
  const { id } = await held();
  await approve(id);
  expect(await consume(elsewhere, id)).toBe(true);
  const said = parts.release.outcome(local, { approvalId: id, outcome: 'failed', detail: 'it never ran' });
  await expect(said).rejects.toMatchObject({ code: 'foreign-approval' });
  await parts.release.outcome(elsewhere, { approvalId: id, outcome: 'completed', detail: '204' });
  expect(await parts.queries.get(id)).toMatchObject({ outcome: 'completed', outcomeDetail: '204' });
});

test('asked for twice at once: a no is found before a yes, and a yes before what waits', async () => {
  const denied = await held();
  const { id } = await held();
  await held();
  await approve(id);
  expect(await found(request)).toBe(id);
  await parts.decisions.decide(denied.id, callerFor(bob), { verdict: 'deny', comment: 'no' });
  expect(await found(request)).toBe(denied.id);
});
