import { randomUUID } from 'node:crypto';
import { principalRef } from '@sallyport/domain';
import {
  callerFor,
  ci,
  heldExchange,
  local,
  maxPendingApprovals,
  reviewer,
  startParts,
  type HeldOptions,
  type Parts,
} from '../../testing/control-plane-parts.js';
import { eventually } from '../../testing/eventually.js';
import type { HeldExchange } from './approval-intake.js';

const bob = reviewer('bob', 'dba');
const carol = reviewer('carol', 'dba', 'security');
const yes = { verdict: 'approve' } as const;
const no = { verdict: 'deny', comment: 'not on a Friday' } as const;
let parts: Parts;
let resolved: unknown[];

beforeAll(async () => {
  parts = await startParts();
  parts.bus.subscribe('approval.resolved', (payload) => resolved.push(payload));
}, 60_000);
afterAll(() => parts.stop());
beforeEach(async () => {
  resolved = [];
  parts.principals.set(ci, bob, carol);
  await parts.dataSource.query('DELETE FROM approval_decisions');
  await parts.dataSource.query('DELETE FROM approvals');
});

const held = async (options: HeldOptions = {}): Promise<HeldExchange> => {
  const exchange = heldExchange(options);
  await parts.intake.hold(local, exchange);
  return exchange;
};
const stateOf = async (id: string): Promise<string> => (await parts.queries.get(id)).state;
const consume = (exchange: HeldExchange): Promise<boolean> =>
  parts.release.consume(local, { approvalId: exchange.id, bindingHash: exchange.bindingHash });
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing refused',
    (error: { code?: string }) => error.code ?? String(error),
  );

test('AP-03: approved once, consumed once, and the gateway is told', async () => {
  const exchange = await held();
  expect(await stateOf(exchange.id)).toBe('pending');
  expect(await consume(exchange)).toBe(false);
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  await eventually(() => resolved.length === 1);
  expect(resolved).toEqual([{ gateway: 'local', approvalId: exchange.id }]);
  expect(await consume(exchange)).toBe(true);
  expect(await consume(exchange)).toBe(false);
  expect(await stateOf(exchange.id)).toBe('consumed');
});

test('AP-02, AP-03: of fifty claims at once one succeeds', async () => {
  const exchange = await held();
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  const claims = await Promise.all(Array.from({ length: 50 }, () => consume(exchange)));
  expect(claims.filter(Boolean)).toHaveLength(1);
}, 30_000);

test('AP-02: two hundred decisions at once leave exactly one final word', async () => {
  const exchange = await held();
  const voters = Array.from({ length: 200 }, (_, n) => reviewer(`voter-${n}`, 'dba'));
  parts.principals.set(...voters);
  const answers = await Promise.all(
    voters.map((voter, n) =>
      codeOf(parts.decisions.decide(exchange.id, callerFor(voter), n % 2 ? yes : no)).then((code) => ({ code, n })),
    ),
  );
  const winners = answers.filter(({ code }) => code === 'nothing refused');
  expect(winners).toHaveLength(1);
  expect(answers.filter(({ code }) => code === 'approval-not-pending')).toHaveLength(199);
  const approval = await parts.queries.get(exchange.id);
  expect(approval.state).toBe(winners[0]!.n % 2 ? 'approved' : 'denied');
  expect(approval.decisions).toHaveLength(1);
  await eventually(() => resolved.length >= 1);
  expect(resolved).toHaveLength(1);
  const entries = await parts.audit.list({ target: `Approval::${exchange.id}` });
  expect(entries.items).toHaveLength(1);
}, 60_000);

test('AP-01, AP-02: a quorum of two takes two people, not two accounts of one', async () => {
  const exchange = await held({ requirements: [{ groups: ['dba'], quorum: 2 }] });
  const botOfBob = { type: 'ServiceAccount', id: 'bots', groups: ['dba'], roles: [], owner: 'bob' } as const;
  parts.principals.set(botOfBob);
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  await parts.decisions.decide(exchange.id, callerFor(botOfBob), yes);
  expect(await stateOf(exchange.id)).toBe('pending');
  await parts.decisions.decide(exchange.id, callerFor(carol), yes);
  expect(await stateOf(exchange.id)).toBe('approved');
});

test('AP-02: one no ends it, with its comment, also after a yes of the same person', async () => {
  const exchange = await held({ requirements: [{ groups: ['dba'], quorum: 2 }] });
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  await parts.decisions.decide(exchange.id, callerFor(bob), no);
  expect(await stateOf(exchange.id)).toBe('denied');
  expect(await parts.queries.resolution(exchange.id)).toEqual({
    approvalId: exchange.id,
    state: 'denied',
    comment: 'not on a Friday',
  });
});

test.each([
  ['the requesting account itself', { ...ci, groups: ['dba'] }],
  ['the owner of the requesting account', reviewer('alice@example.com', 'dba')],
  ['another account of the same owner', { ...ci, id: 'other', groups: ['dba'] }],
])('AP-01: %s decides nothing, neither way', async (_, principal) => {
  const exchange = await held();
  for (const said of [yes, no]) {
    expect(await codeOf(parts.decisions.decide(exchange.id, callerFor(principal), said))).toBe('self-approval');
  }
  expect(await stateOf(exchange.id)).toBe('pending');
});

test('AP-01: an owner that the gateway did not name counts all the same', async () => {
  const exchange = await held({ principal: { type: 'ServiceAccount', id: 'ci', groups: [], roles: [] } });
  const alice = reviewer('alice@example.com', 'dba');
  expect(await codeOf(parts.decisions.decide(exchange.id, callerFor(alice), yes))).toBe('self-approval');
});

test('whoever is in none of the groups is not eligible', async () => {
  const exchange = await held();
  const outsider = callerFor(reviewer('mallory', 'security'));
  expect(await codeOf(parts.decisions.decide(exchange.id, outsider, yes))).toBe('not-eligible');
  expect(await codeOf(parts.decisions.decide(randomUUID(), callerFor(bob), yes))).toBe('not-found');
});

test.each([
  ['removed', () => parts.principals.remove(bob)],
  ['out of the group', () => parts.principals.set({ ...bob, groups: [] })],
  ['by now the owner of the requester', () => parts.principals.set({ ...ci, owner: 'bob' })],
])('AP-05: an approver who is %s before release makes it void', async (_, change) => {
  const exchange = await held();
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  change();
  expect(await consume(exchange)).toBe(false);
  expect(await parts.queries.get(exchange.id)).toMatchObject({
    state: 'void',
    stateReason: 'an approver may no longer approve it',
  });
  parts.principals.set(ci, bob);
  expect(await consume(exchange)).toBe(false);
});

test('AP-05: a requester who was disabled meanwhile runs nothing', async () => {
  const exchange = await held();
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  parts.principals.remove(ci);
  expect(await consume(exchange)).toBe(false);
  expect(await stateOf(exchange.id)).toBe('void');
});

test('AP-03: an approval is worth nothing for another request or another gateway', async () => {
  const exchange = await held();
  await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  const other = { approvalId: exchange.id, bindingHash: 'b'.repeat(64) };
  expect(await parts.release.consume(local, other)).toBe(false);
  const elsewhere = { name: 'elsewhere', enrolmentId: randomUUID() };
  const stolen = parts.release.consume(elsewhere, { approvalId: exchange.id, bindingHash: exchange.bindingHash });
  expect(await codeOf(stolen)).toBe('foreign-approval');
  expect(await consume(exchange)).toBe(true);
});

test('AP-05: past its time it is neither decided nor consumed, whether or not its job has run', async () => {
  const pending = await held();
  const approved = await held();
  await parts.decisions.decide(approved.id, callerFor(bob), yes);
  await parts.dataSource.query(`UPDATE approvals SET expires_at = now() - interval '1 second'`);
  expect(await codeOf(parts.decisions.decide(pending.id, callerFor(bob), yes))).toBe('approval-not-pending');
  expect(await consume(approved)).toBe(false);
  expect(await stateOf(pending.id)).toBe('expired');
  expect((await parts.queries.list({ state: 'pending' })).items).toEqual([]);
  await parts.queue.sweep();
  const rows = await parts.dataSource.query<{ state: string }[]>('SELECT state FROM approvals');
  expect(rows.map((row) => row.state)).toEqual(['expired', 'expired']);
});

test('AP-05: the time is the terms, whatever the gateway says', async () => {
  const exchange = { ...heldExchange({ expiresInSeconds: 60 }), expiresAt: '2999-01-01T00:00:00Z' };
  await parts.intake.hold(local, exchange);
  const { expiresAt } = await parts.queries.get(exchange.id);
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(100_000);
});

test('AP-03, AP-11: a request said twice is one approval; a taken id is refused', async () => {
  const exchange = await held();
  await parts.intake.hold(local, exchange);
  expect((await parts.queries.list({})).items).toHaveLength(1);
  const forged = { ...exchange, bindingHash: 'c'.repeat(64) };
  expect(await codeOf(parts.intake.hold(local, forged))).toBe('approval-conflict');
});

test('AP-11: one identity has only so many waiting, also in a burst', async () => {
  const burst = Array.from({ length: maxPendingApprovals + 4 }, () => codeOf(held()));
  const codes = await Promise.all(burst);
  expect(codes.filter((code) => code === 'too-many-pending')).toHaveLength(4);
  expect(await codeOf(held({ principal: { ...ci, id: 'another' } }))).toBe('nothing refused');
});

test('AP-04: a request too large to read is refused, not cut', async () => {
  expect(await codeOf(held({ text: `SELECT ${'x'.repeat(600_000)}` }))).toBe('too-large');
});

test('a session that goes takes what it waited for with it', async () => {
  const waiting = await held();
  const { session } = waiting;
  const body = { sessionId: session.id, endedAt: new Date().toISOString(), reason: 'client left' };
  await parts.sessions.closed(local, body);
  expect(await parts.queries.get(waiting.id)).toMatchObject({ state: 'abandoned', stateReason: 'the session ended' });
  expect(await codeOf(held({ session: session.id }))).toBe('session-ended');
});

test('what is out of time has expired, whether the end of its session or its own is heard of first', async () => {
  const [first, second] = [await held(), await held()];
  await parts.dataSource.query(`UPDATE approvals SET expires_at = now() + interval '500 milliseconds'`);
  const endedAt = new Date().toISOString();
  await parts.sessions.closed(local, { sessionId: first.session.id, endedAt, reason: 'client left' });
  await parts.release.abandon(local, { approvalId: second.id, reason: 'nobody decided in time' });
  expect([await stateOf(first.id), await stateOf(second.id)]).toEqual(['expired', 'expired']);
});

test('AP-08: after a crash a released execution is unknown and never runs again', async () => {
  const released = await held();
  const waiting = await held();
  const granted = await held();
  const alive = await held();
  for (const exchange of [released, granted]) await parts.decisions.decide(exchange.id, callerFor(bob), yes);
  expect(await consume(released)).toBe(true);
  await parts.sessions.reconcile(local, [alive.session.id]);
  expect(await parts.queries.get(released.id)).toMatchObject({ state: 'consumed', outcome: 'unknown' });
  expect(await stateOf(waiting.id)).toBe('abandoned');
  expect(await stateOf(granted.id)).toBe('abandoned');
  expect(await stateOf(alive.id)).toBe('pending');
  expect(await consume(released)).toBe(false);
  expect(await consume(granted)).toBe(false);

  const report = { approvalId: released.id, outcome: 'completed', detail: 'DELETE 1' } as const;
  await parts.release.outcome(local, report);
  await parts.release.outcome(local, { ...report, outcome: 'failed', detail: 'no' });
  expect(await parts.queries.get(released.id)).toMatchObject({ outcome: 'completed', outcomeDetail: 'DELETE 1' });
});

test('AP-08: a gateway that never learned of its claim reports, and nothing hangs', async () => {
  const exchange = await held();
  await parts.release.abandon(local, { approvalId: exchange.id, reason: 'the client left' });
  expect(await stateOf(exchange.id)).toBe('abandoned');
  await parts.release.abandon(local, { approvalId: exchange.id, reason: 'again' });
  await parts.release.abandon(local, { approvalId: randomUUID(), reason: 'never arrived' });
  await parts.release.outcome(local, { approvalId: exchange.id, outcome: 'completed', detail: 'cannot be' });
  expect(await parts.queries.get(exchange.id)).toMatchObject({ state: 'abandoned', outcome: null });
});

test('AP-02: the database itself keeps a final state', async () => {
  const exchange = await held();
  await parts.decisions.decide(exchange.id, callerFor(bob), no);
  const rewrite = parts.dataSource.query(`UPDATE approvals SET state = 'approved' WHERE id = $1`, [exchange.id]);
  await expect(rewrite).rejects.toThrow('denied for good');
});

test('AP-04: a reviewer reads all of it, escaped; a list is only a hint', async () => {
  const text = `DELETE FROM orders -- \u202e${'x'.repeat(500)}\nWHERE true`;
  const exchange = await held({ text });
  const whole = await parts.queries.get(exchange.id);
  expect(whole.text).toBe(text);
  expect(whole.displayText).toBe(text.replace('\u202e', '\\u{202e}'));
  expect(whole.requester).toEqual({ principal: principalRef(ci), owner: 'alice@example.com', groups: ['ci'] });
  const [hint] = (await parts.queries.list({ state: 'pending' })).items;
  expect(hint).toMatchObject({ id: exchange.id, truncated: true });
  expect(hint!.excerpt).toHaveLength(200);
});

test('pages meet without a gap or an overlap', async () => {
  const made = [];
  for (let n = 0; n < maxPendingApprovals; n += 1) made.push((await held()).id);
  const seen: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await parts.queries.list({ limit: 2, ...(cursor && { cursor }) });
    seen.push(...page.items.map((item) => item.id));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(seen).toEqual(made.reverse());
});
