import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitApproval, enforce, type EnforcementContext, type Held, type RecorderPort } from '@sallyport/enforcement';
import type { Decision } from '@sallyport/domain';
import { ControlPlaneLink } from '../link/control-plane-link.js';
import { Identity } from '../link/identity.js';
import { sampleSession } from '../recorder/testing-sessions.js';
import { eventually, TestingControlPlane } from '../testing-control-plane.js';
import { selectAction, silentLog, temporaryDirectory } from '../testing-gateway.js';
import { ApprovalJournal } from './approval-journal.js';
import { ApprovalWaiter } from './approval-waiter.js';

let directory: ReturnType<typeof temporaryDirectory>;
let controlPlane: TestingControlPlane;
let link: ControlPlaneLink;
let waiter: ApprovalWaiter;
const journalFile = (): string => join(directory.path, 'approvals.jsonl');

beforeEach(async () => {
  directory = temporaryDirectory();
  controlPlane = await new TestingControlPlane().start();
  link = new ControlPlaneLink({
    url: controlPlane.url,
    name: 'local',
    enrolmentToken: controlPlane.enrolmentToken(),
    identity: new Identity(directory.path),
    log: silentLog,
    describe: () => ({ version: '0', adapters: [], sessions: [] }),
    onPush: (push) => {
      if (push.type === 'approval.resolved') waiter.resolved(push.body);
    },
    onReady: ({ resolved }) => {
      for (const each of resolved) waiter.resolved(each);
      waiter.resume();
    },
    timing: { firstRetry: 10, longestRetry: 40 },
  });
  waiter = new ApprovalWaiter(link, new ApprovalJournal(journalFile()), silentLog);
  link.start();
  await eventually(() => link.connected);
});
afterEach(async () => {
  waiter.stop();
  link.stop();
  await controlPlane.stop();
  directory.remove();
});

const session = sampleSession(randomUUID());
const hold: Decision = {
  effect: 'hold',
  because: [{ code: 'needs-approval', text: 'changes need a second pair of eyes' }],
  obligations: [],
  approval: { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 5 },
  policyRevision: 1,
};
const recorder: RecorderPort = {
  decision: () => undefined,
  request: () => undefined,
  response: () => undefined,
  outcome: () => undefined,
  note: () => undefined,
  flush: () => undefined,
  congested: false,
  waitsForDisk: false,
  flushSoon: () => undefined,
  onDrain: () => undefined,
};

/** One held exchange on its way through the real sequence. */
function held(signal: AbortSignal = new AbortController().signal) {
  const context: EnforcementContext = {
    session,
    policy: { judge: () => hold },
    recorder,
    approvals: waiter,
    capabilities: { maskable: new Set(), masks: new Set() },
  };
  const action = selectAction('delete from orders');
  const exchange = { seq: 1, phase: 'execute' as const, request: 'delete from orders', action };
  const verdict = enforce(context, exchange) as Held<string>;
  const hooks = { pending: () => undefined, reinspect: () => Promise.resolve({ action }), signal };
  return awaitApproval(context, verdict, hooks);
}

async function asked(): Promise<string> {
  await eventually(() => controlPlane.bodies('exchange.held').length > 0);
  return controlPlane.bodies('exchange.held').at(-1)!.id;
}

test('AP-03: an approved request runs once, and what came of it is reported', async () => {
  const verdict = held();
  const id = await asked();
  controlPlane.push('approval.resolved', { approvalId: id, state: 'approved' });
  const outcome = await verdict;
  expect(outcome).toMatchObject({ kind: 'permit', approvalId: id });
  expect(await waiter.consume(id, 'again')).toBe(false);
  waiter.report(id, 'completed', 'DELETE 3');
  waiter.report(id, 'failed', 'a second word does not count');
  await eventually(() => controlPlane.bodies('approval.outcome').length === 1);
  expect(controlPlane.bodies('approval.outcome')).toEqual([
    { approvalId: id, outcome: 'completed', detail: 'DELETE 3' },
  ]);
  expect(controlPlane.bodies('approval.consume')).toHaveLength(1);
  expect(waiter.pending).toBe(0);
});

test('AP-08: whoever gives up an approval that another request has used says nothing of what that one did', async () => {
  const verdict = held();
  const id = await asked();
  controlPlane.push('approval.resolved', { approvalId: id, state: 'approved' });
  expect(await verdict).toMatchObject({ kind: 'permit', approvalId: id });
  // The same request again: its client left, or what it would do is no longer what was approved.
  waiter.abandon(id, 'what was approved is no longer what would run');
  waiter.report(id, 'completed', 'DELETE 3');
  await eventually(() => controlPlane.bodies('approval.outcome').length === 1);
  expect(controlPlane.bodies('approval.outcome')).toEqual([
    { approvalId: id, outcome: 'completed', detail: 'DELETE 3' },
  ]);
  expect(controlPlane.bodies('approval.abandon')).toHaveLength(0);
});

test('the answer may come before anybody waits for it, and only the first one counts', async () => {
  controlPlane.on('exchange.held', (body) => {
    controlPlane.push('approval.resolved', { approvalId: body.id, state: 'denied', comment: 'no' });
    controlPlane.push('approval.resolved', { approvalId: body.id, state: 'approved' });
    return undefined;
  });
  expect(await held()).toMatchObject({
    kind: 'deny',
    because: [{ code: 'approval-denied', text: 'a reviewer denied it: no' }],
  });
  expect(controlPlane.bodies('approval.consume')).toHaveLength(0);
  expect(waiter.pending).toBe(0);
});

test('AP-08: when the claim’s reply is lost nothing runs, and that is reported once the link is back', async () => {
  controlPlane.on('approval.consume', () => 'drop');
  const verdict = held();
  const id = await asked();
  controlPlane.push('approval.resolved', { approvalId: id, state: 'approved' });
  expect(await verdict).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
  await eventually(() => controlPlane.bodies('approval.outcome').length === 1);
  expect(controlPlane.bodies('approval.outcome')[0]).toMatchObject({ approvalId: id, outcome: 'failed' });
  expect(controlPlane.bodies('approval.consume')).toHaveLength(1);
  await eventually(() =>
    readFileSync(journalFile(), 'utf8')
      .trimEnd()
      .endsWith(JSON.stringify({ op: 'done', id })),
  );
});

test('a claim that the control plane does not grant runs nothing', async () => {
  controlPlane.on('approval.consume', () => ({ result: { consumed: false } }));
  const verdict = held();
  controlPlane.push('approval.resolved', { approvalId: await asked(), state: 'approved' });
  expect(await verdict).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
  expect(waiter.pending).toBe(0);
});

test('who leaves gives up what waits, and the control plane hears of it however long it is away', async () => {
  const leaving = new AbortController();
  const verdict = held(leaving.signal);
  const id = await asked();
  await eventually(() => waiter.pending === 1);
  await controlPlane.stop();
  await eventually(() => !link.connected);
  leaving.abort();
  expect(await verdict).toMatchObject({ kind: 'deny', because: [{ code: 'abandoned' }] });
  await controlPlane.start();
  await eventually(() => controlPlane.bodies('approval.abandon').length === 1);
  expect(controlPlane.bodies('approval.abandon')[0]).toMatchObject({ approvalId: id });
});

test('without a link nothing can be held open for approval', async () => {
  await controlPlane.stop();
  await eventually(() => !link.connected);
  expect(await held()).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
  await controlPlane.start();
});

test('AP-07: what was decided while the link was down is heard at hello', async () => {
  const verdict = held();
  const id = await asked();
  controlPlane.resolved = [{ approvalId: id, state: 'approved' }];
  controlPlane.cut();
  expect(await verdict).toMatchObject({ kind: 'permit' });
});

test('AP-07: a session that ends leaves no approval behind: unused ones are given up, used ones are unknown', async () => {
  const used = held();
  const usedId = await asked();
  controlPlane.push('approval.resolved', { approvalId: usedId, state: 'approved' });
  await used;
  const unused = held();
  await eventually(() => controlPlane.bodies('exchange.held').length === 2);
  await eventually(() => waiter.pending === 2);
  const unusedId = await asked();
  waiter.sessionEnded(session.id);
  await eventually(() => controlPlane.bodies('approval.abandon').length === 1);
  expect(controlPlane.bodies('approval.abandon')[0]!.approvalId).toBe(unusedId);
  expect(controlPlane.bodies('approval.outcome')).toEqual([
    { approvalId: usedId, outcome: 'unknown', detail: 'the session ended before the outcome was known' },
  ]);
  expect(await unused).toMatchObject({ kind: 'deny' });
  expect(waiter.pending).toBe(0);
});

test('AP-08: a process that died between claim and report leaves the outcome as unknown, and runs nothing again', () => {
  const file = `${journalFile()}.crashed`;
  const before = new ApprovalJournal(file);
  before.claim('a');
  before.claim('b');
  before.keep({ op: 'outcome', id: 'b', outcome: 'completed', detail: 'DELETE 1' });
  before.keep({ op: 'abandon', id: 'c', reason: 'left' });
  before.claim('d');
  before.done('d');
  appendFileSync(file, '{"op":"claim","id":"to');
  const after = new ApprovalJournal(file);
  expect(after.reports).toEqual([
    { op: 'outcome', id: 'a', outcome: 'unknown', detail: 'the gateway stopped before the outcome was known' },
    { op: 'outcome', id: 'b', outcome: 'completed', detail: 'DELETE 1' },
    { op: 'abandon', id: 'c', reason: 'left' },
  ]);
  for (const { id } of after.reports) after.done(id);
  after.close();
  expect(new ApprovalJournal(file).reports).toEqual([]);
});
