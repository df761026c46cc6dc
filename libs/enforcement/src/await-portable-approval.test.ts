import type { Action, Decision } from '@sallyport/domain';
import {
  awaitPortableApproval,
  enforce,
  type ApprovalPort,
  type ApprovalRequest,
  type EnforcementContext,
  type Held,
  type KnownApproval,
} from './index.js';

const action: Action = {
  protocol: 'http',
  kind: 'DELETE',
  text: 'DELETE /orders/17',
  effects: [{ verb: 'request', object: { kind: 'Resource', resource: 'api' } }],
  context: {},
  lineage: { results: [], usedElsewhere: [] },
  fingerprint: 'f',
};
const hold: Decision = {
  effect: 'hold',
  approval: { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 600 },
  obligations: [],
  because: [{ code: 'needs-approval' }],
  policyRevision: 3,
};

/** The control plane's side of it: one approval, found by what it binds. */
class OneApproval implements ApprovalPort {
  readonly log: string[] = [];
  asked: ApprovalRequest | undefined;
  state: KnownApproval['state'] = 'pending';
  async find({ bindingHash, id }: Parameters<ApprovalPort['find']>[0]): Promise<KnownApproval | undefined> {
    const { asked, state } = this;
    if (asked?.bindingHash !== bindingHash || (id !== undefined && id !== asked.id)) return undefined;
    return { ...asked, state };
  }
  async open(request: ApprovalRequest): Promise<void> {
    this.asked = request;
  }
  resolution(_id: string, signal: AbortSignal): Promise<{ state: 'approved' }> {
    if (this.state === 'approved') return Promise.resolve({ state: 'approved' });
    return new Promise((_, reject) => {
      const fail = (): void => reject(new Error('aborted'));
      if (signal.aborted) fail();
      else signal.addEventListener('abort', fail, { once: true });
    });
  }
  async consume(_id: string, bindingHash: string): Promise<boolean> {
    const mine = this.state === 'approved' && bindingHash === this.asked?.bindingHash;
    if (mine) this.state = 'consumed';
    this.log.push(`consume ${mine}`);
    return mine;
  }
  abandon(_id: string, reason: string): void {
    this.log.push(`abandon: ${reason}`);
  }
  report(_id: string, outcome: string): void {
    this.log.push(`report ${outcome}`);
  }
}

function contextOf(approvals: ApprovalPort, session: { id: string; credentialId?: string }): EnforcementContext {
  return {
    session: {
      credentialId: 'key1',
      principal: { type: 'ServiceAccount', id: 'ci', groups: ['ci'], roles: [] },
      resource: 'api',
      protocol: 'http',
      gateway: 'g',
      clientAddress: '192.0.2.1',
      startedAt: '2026-01-01T00:00:00.000Z',
      ...session,
    },
    policy: { judge: () => hold },
    recorder: {
      ...{
        decision() {},
        request() {},
        response() {},
        outcome() {},
        note() {},
        flush() {},
        waitsForDisk: false,
        flushSoon() {},
        onDrain() {},
      },
      congested: false,
    },
    approvals,
    capabilities: { maskable: new Set(['maskField']), masks: new Set() },
  };
}

interface Asking {
  readonly session?: string;
  readonly credentialId?: string;
  readonly seq?: number;
  readonly text?: string;
  readonly approvalId?: string;
  readonly signal?: AbortSignal;
  readonly waitSeconds?: number;
}

function ask(approvals: OneApproval, asking: Asking = {}) {
  const {
    session = 's1',
    credentialId = 'key1',
    seq = 1,
    text = action.text,
    signal,
    approvalId,
    waitSeconds,
  } = asking;
  const context = contextOf(approvals, { id: session, credentialId });
  const exchange = {
    ...{ seq, phase: 'execute' as const, request: text, portable: true },
    action: { ...action, text },
  };
  return awaitPortableApproval(context, enforce(context, exchange) as Held<string>, {
    waitSeconds: waitSeconds ?? 0.01,
    reinspect: async () => exchange,
    signal: signal ?? new AbortController().signal,
    ...(approvalId !== undefined && { approvalId }),
  });
}

test('a client that cannot wait is told to come back, and runs its request once when it does', async () => {
  const approvals = new OneApproval();
  const first = await ask(approvals);
  expect(first).toMatchObject({ kind: 'pending', approvalId: approvals.asked!.id });
  expect(approvals.asked).toMatchObject({ portable: true });
  approvals.state = 'approved';
  const { id } = approvals.asked!;
  const again = await ask(approvals, { session: 's2', seq: 9, approvalId: id });
  expect(again).toMatchObject({ kind: 'permit', approvalId: id });
  expect(await ask(approvals, { session: 's3', approvalId: id })).toMatchObject({
    because: [{ code: 'approval-void' }],
  });
  expect(approvals.log).toEqual(['consume true']);
});

test('the same request finds its approval by what it says', async () => {
  const approvals = new OneApproval();
  await ask(approvals);
  const { id } = approvals.asked!;
  expect(await ask(approvals, { session: 's2' })).toMatchObject({ kind: 'pending', approvalId: id });
  approvals.state = 'approved';
  expect(await ask(approvals, { session: 's3' })).toMatchObject({ kind: 'permit', approvalId: id });
});

test.each<[string, Asking]>([
  ['another text', { text: 'DELETE /orders/18' }],
  ['K8-22: another credential of the same principal', { credentialId: 'key2' }],
])('%s cannot use it', async (_, asking) => {
  const approvals = new OneApproval();
  await ask(approvals);
  const { id } = approvals.asked!;
  approvals.state = 'approved';
  expect(await ask(approvals, { ...asking, approvalId: id })).toMatchObject({
    kind: 'deny',
    because: [{ code: 'approval-void' }],
  });
  expect(approvals.state).toBe('approved');
});

test('a denial is what the client hears when it comes back', async () => {
  const approvals = new OneApproval();
  await ask(approvals);
  approvals.state = 'denied';
  expect(await ask(approvals)).toMatchObject({ kind: 'deny', because: [{ code: 'approval-denied' }] });
});

test('whoever leaves before it was told of the approval gives it up; whoever knows of it may come back', async () => {
  const approvals = new OneApproval();
  const left = new AbortController();
  const waiting = ask(approvals, { signal: left.signal, waitSeconds: 5 });
  await new Promise((resolve) => setTimeout(resolve, 10));
  left.abort();
  expect(await waiting).toMatchObject({ kind: 'deny', because: [{ code: 'abandoned' }] });
  expect(approvals.log).toEqual(['abandon: the client cancelled or left']);

  const known = new OneApproval();
  await ask(known);
  const again = new AbortController();
  const second = ask(known, { signal: again.signal, waitSeconds: 5 });
  await new Promise((resolve) => setTimeout(resolve, 10));
  again.abort();
  expect(await second).toMatchObject({ because: [{ code: 'abandoned' }] });
  expect(known.log).toEqual([]);
});

test('a control plane that cannot be asked denies', async () => {
  const approvals = new OneApproval();
  approvals.find = () => Promise.reject(new Error('away'));
  expect(await ask(approvals)).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
  expect(approvals.asked).toBeUndefined();
});
