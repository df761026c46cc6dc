import type { Action, Decision, DecisionRecord, Exchange, Obligation } from '@sallyport/domain';
import {
  awaitApproval,
  enforce,
  type ApprovalOutcome,
  type ApprovalPort,
  type KnownApproval,
  type ApprovalRequest,
  type ApprovalResolution,
  type EnforcementContext,
  type Held,
  type HoldHooks,
  type RecorderPort,
} from './index.js';

const ssn = { kind: 'Column', resource: 'shop', schema: 'public', table: 'customers', column: 'ssn' } as const;
const maskSsn: Obligation = { kind: 'mask', column: ssn, method: 'redact' };

function action(over: Partial<Action> = {}): Action {
  return {
    protocol: 'postgres',
    kind: 'DELETE',
    text: 'DELETE FROM orders',
    effects: [{ verb: 'delete', object: { kind: 'Table', resource: 'shop', schema: 'public', table: 'orders' } }],
    context: {},
    lineage: { results: [null], usedElsewhere: [] },
    fingerprint: 'delete orders',
    ...over,
  };
}

const permit: Decision = { effect: 'permit', obligations: [], because: [{ code: 'permitted' }], policyRevision: 1 };
const deny: Decision = { effect: 'deny', because: [{ code: 'no-permit' }], policyRevision: 1 };
const hold: Decision = {
  effect: 'hold',
  approval: { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 60 },
  obligations: [],
  because: [{ code: 'needs-approval', text: 'deletes need a second pair of eyes' }],
  policyRevision: 1,
};

class FakeRecorder implements RecorderPort {
  readonly log: string[] = [];
  readonly decisions: DecisionRecord[] = [];
  failing: 'decision' | 'flush' | undefined;
  readonly congested = false;
  decision(record: DecisionRecord): void {
    if (this.failing === 'decision') throw new Error('disk full');
    this.decisions.push(record);
    this.log.push(`decision ${record.decision.effect}`);
  }
  flush(): void {
    if (this.failing === 'flush') throw new Error('disk full');
    this.log.push('flush');
  }
  note(name: string): void {
    this.log.push(name);
  }
  request(): void {}
  response(): void {}
  outcome(): void {}
  readonly waitsForDisk = false;
  flushSoon(): void {}
  onDrain(): void {}
}

class FakeApprovals implements ApprovalPort {
  readonly log: string[] = [];
  opened: ApprovalRequest | undefined;
  openFails = false;
  consumed: boolean | Error = true;
  answer: ApprovalResolution | 'never' = { state: 'approved' };
  async open(request: ApprovalRequest): Promise<void> {
    if (this.openFails) throw new Error('control plane away');
    this.opened = request;
  }
  known: KnownApproval | undefined;
  async find(): Promise<KnownApproval | undefined> {
    return this.known;
  }
  resolution(_id: string, signal: AbortSignal): Promise<ApprovalResolution> {
    if (this.answer !== 'never') return Promise.resolve(this.answer);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }
  async consume(_id: string, bindingHash: string): Promise<boolean> {
    this.log.push('consume');
    if (this.consumed instanceof Error) throw this.consumed;
    return this.consumed && bindingHash === this.opened?.bindingHash;
  }
  abandon(_id: string, reason: string): void {
    this.log.push(`abandon: ${reason}`);
  }
  report(_id: string, outcome: ApprovalOutcome): void {
    this.log.push(`report ${outcome}`);
  }
}

interface World {
  readonly context: EnforcementContext;
  readonly recorder: FakeRecorder;
  readonly approvals: FakeApprovals;
  decision: Decision | Error;
}

function world(decision: Decision | Error): World {
  const recorder = new FakeRecorder();
  const approvals = new FakeApprovals();
  const it: World = {
    decision,
    recorder,
    approvals,
    context: {
      session: {
        id: '5f0c8f3e-8a3c-4a3e-9d60-0d4f5a1b2c3d',
        principal: { type: 'ServiceAccount', id: 'ci', groups: ['ci'], roles: [] },
        credentialId: 'key1',
        resource: 'shop',
        protocol: 'postgres',
        gateway: 'local',
        clientAddress: '127.0.0.1',
        startedAt: '2026-01-01T00:00:00Z',
      },
      policy: {
        judge: () => {
          if (it.decision instanceof Error) throw it.decision;
          return it.decision;
        },
      },
      recorder,
      approvals,
      capabilities: { maskable: new Set(['mask'] as const), masks: new Set(['redact'] as const) },
    },
  };
  return it;
}

const exchange = (over: Partial<Exchange<string>> = {}): Exchange<string> => ({
  seq: 1,
  phase: 'execute',
  request: 'bytes',
  action: action(),
  ...over,
});

function held(w: World): Held<string> {
  const verdict = enforce(w.context, exchange());
  if (verdict.kind !== 'hold') throw new Error(`expected a hold, got ${verdict.kind}`);
  return verdict;
}

const hooks = (over: Partial<HoldHooks> = {}): HoldHooks => ({
  pending: () => {},
  reinspect: async () => ({ action: action() }),
  signal: new AbortController().signal,
  ...over,
});

describe('enforce', () => {
  test('a permit gives its request out once, and only after the decision is on disk', () => {
    const w = world(permit);
    const verdict = enforce(w.context, exchange());
    if (verdict.kind !== 'permit') throw new Error('expected a permit');
    expect(w.recorder.log).toEqual(['decision permit']);
    expect(verdict.permit.take()).toBe('bytes');
    expect(w.recorder.log).toEqual(['decision permit', 'flush']);
    expect(() => verdict.permit.take()).toThrow('once');
  });

  test('CP-04, CP-07: a record that cannot reach the disk forwards nothing', () => {
    const w = world(permit);
    const verdict = enforce(w.context, exchange());
    w.recorder.failing = 'flush';
    if (verdict.kind !== 'permit') throw new Error('expected a permit');
    expect(() => verdict.permit.take()).toThrow('disk full');
    w.recorder.failing = undefined;
    expect(() => verdict.permit.take()).toThrow('once');
  });

  test('CP-04: a decision that cannot be recorded denies', () => {
    const w = world(permit);
    w.recorder.failing = 'decision';
    expect(enforce(w.context, exchange())).toMatchObject({ kind: 'deny', because: [{ code: 'recording-failed' }] });
  });

  test('CP-04: a judge that throws denies', () => {
    const w = world(new Error('wasm trap'));
    expect(enforce(w.context, exchange())).toMatchObject({ kind: 'deny', because: [{ code: 'decision-failed' }] });
    expect(w.recorder.decisions).toHaveLength(1);
  });

  test('a denial is recorded and says why', () => {
    const w = world(deny);
    expect(enforce(w.context, exchange())).toMatchObject({ kind: 'deny', because: [{ code: 'no-permit' }] });
    expect(w.recorder.log).toEqual(['decision deny']);
  });

  test('a hold lets a prepare through and stops an execute', () => {
    const w = world(hold);
    expect(enforce(w.context, exchange({ phase: 'prepare' })).kind).toBe('permit');
    expect(enforce(w.context, exchange()).kind).toBe('hold');
  });

  test.each([
    ['a mask the adapter does not have', { ...maskSsn, method: 'partial' as const }, {}, 'cannot-perform'],
    ['a masked column in a filter', maskSsn, { results: [null], usedElsewhere: [ssn] }, 'masked-column-used'],
    ['rows of unknown origin', maskSsn, { results: ['opaque' as const], usedElsewhere: [] }, 'cannot-perform'],
  ])('%s denies', (_name, obligation, lineage, code) => {
    const w = world({ ...permit, obligations: [obligation] } as Decision);
    const asked = action(Object.keys(lineage).length ? { lineage: lineage as Action['lineage'] } : {});
    expect(enforce(w.context, exchange({ action: asked }))).toMatchObject({ kind: 'deny', because: [{ code }] });
  });
});

describe('awaitApproval', () => {
  test('AP-03: an approved request is consumed, recorded, then permitted once', async () => {
    const w = world(hold);
    const pending: string[] = [];
    const verdict = await awaitApproval(
      w.context,
      held(w),
      hooks({ pending: (approval) => pending.push(approval.id) }),
    );
    if (verdict.kind !== 'permit') throw new Error('expected a permit');
    expect(verdict.approvalId).toBe(pending[0]);
    expect(w.approvals.log).toEqual(['consume']);
    expect(w.recorder.log).toEqual(['decision hold', 'held', 'decision permit']);
    expect(w.recorder.decisions[1]).toMatchObject({ approvalId: pending[0] });
    expect(verdict.permit.take()).toBe('bytes');
  });

  test.each([
    [{ state: 'denied', comment: 'no' } as const, 'approval-denied'],
    [{ state: 'expired' } as const, 'approval-expired'],
    [{ state: 'void' } as const, 'approval-void'],
    [{ state: 'abandoned' } as const, 'abandoned'],
  ])('resolved as %j refuses and consumes nothing', async (answer, code) => {
    const w = world(hold);
    w.approvals.answer = answer;
    expect(await awaitApproval(w.context, held(w), hooks())).toMatchObject({ kind: 'deny', because: [{ code }] });
    expect(w.approvals.log).toEqual([]);
  });

  test('CP-04: an unreachable control plane refuses', async () => {
    const w = world(hold);
    w.approvals.openFails = true;
    const verdict = await awaitApproval(w.context, held(w), hooks());
    expect(verdict).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
  });

  test('AP-03: a text that means something else by now refuses', async () => {
    const w = world(hold);
    const reinspect = async () => ({ action: action({ fingerprint: 'delete other.orders' }) });
    const verdict = await awaitApproval(w.context, held(w), hooks({ reinspect }));
    expect(verdict).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
    expect(w.approvals.log).toEqual(['abandon: what was approved is no longer what would run']);
  });

  test('AP-03, AP-05: a changed search path or relation refuses', async () => {
    const w = world(hold);
    const reinspect = async () => ({ action: action(), binding: 'other' });
    expect(await awaitApproval(w.context, held(w), hooks({ reinspect }))).toMatchObject({ kind: 'deny' });
    expect(w.approvals.log).not.toContain('consume');
  });

  test('AP-05: policy that denies by now wins over the approval', async () => {
    const w = world(hold);
    const waiting = held(w);
    w.decision = deny;
    expect(await awaitApproval(w.context, waiting, hooks())).toMatchObject({
      kind: 'deny',
      because: [{ code: 'no-permit' }],
    });
    expect(w.approvals.log).toEqual(['abandon: policy denies it by now']);
  });

  test.each<[string, Decision]>([
    ['denies it', deny],
    [
      'asks other people',
      { ...hold, approval: { requirements: [{ groups: ['cfo'], quorum: 1 }], expiresInSeconds: 60 } },
    ],
  ])('AP-05: policy that %s by the time the claim is answered wins over it', async (_what, later) => {
    const w = world(hold);
    const consume = w.approvals.consume.bind(w.approvals);
    w.approvals.consume = (id, bindingHash) => {
      w.decision = later;
      return consume(id, bindingHash);
    };
    expect(await awaitApproval(w.context, held(w), hooks())).toMatchObject({ kind: 'deny' });
    expect(w.approvals.log).toEqual(['consume', 'report failed']);
    expect(w.recorder.log.at(-1)).toBe('decision deny');
  });

  test('AP-05: policy that asks other people by now voids the approval', async () => {
    const w = world(hold);
    const waiting = held(w);
    w.decision = { ...hold, approval: { requirements: [{ groups: ['security'], quorum: 1 }], expiresInSeconds: 60 } };
    expect(await awaitApproval(w.context, waiting, hooks())).toMatchObject({
      kind: 'deny',
      because: [{ code: 'approval-void' }],
    });
  });

  test('AP-07: an approval already used refuses', async () => {
    const w = world(hold);
    w.approvals.consumed = false;
    const verdict = await awaitApproval(w.context, held(w), hooks());
    expect(verdict).toMatchObject({ kind: 'deny', because: [{ code: 'approval-void' }] });
  });

  test('AP-08: a lost answer to the claim refuses and reports that nothing ran', async () => {
    const w = world(hold);
    w.approvals.consumed = new Error('connection lost');
    expect((await awaitApproval(w.context, held(w), hooks())).kind).toBe('deny');
    expect(w.approvals.log).toContain('report failed');
  });

  test('a client that leaves abandons', async () => {
    const w = world(hold);
    w.approvals.answer = 'never';
    const client = new AbortController();
    const waiting = awaitApproval(w.context, held(w), hooks({ signal: client.signal }));
    client.abort();
    expect(await waiting).toMatchObject({ kind: 'deny', because: [{ code: 'abandoned' }] });
    expect(w.approvals.log).toEqual(['abandon: the client cancelled or left']);
  });

  test('a client that leaves while the approval is being read anew runs nothing', async () => {
    const w = world(hold);
    const client = new AbortController();
    const reinspect = async () => {
      client.abort();
      return { action: action() };
    };
    expect((await awaitApproval(w.context, held(w), hooks({ signal: client.signal, reinspect }))).kind).toBe('deny');
    expect(w.approvals.log).not.toContain('consume');
  });

  test('the adapter may bound the wait', async () => {
    const w = world(hold);
    w.approvals.answer = 'never';
    const verdict = await awaitApproval(w.context, held(w), hooks({ maxWaitSeconds: 0.02 }));
    expect(verdict).toMatchObject({ kind: 'deny', because: [{ code: 'approval-expired' }] });
  });

  test('AP-03: the binding covers text, parameters, state and identity', async () => {
    const seen = new Set<string>();
    const variants: [Partial<Exchange<string>>, string][] = [
      [{}, 'key1'],
      [{ parameters: ['5'] }, 'key1'],
      [{ parameters: ['6'] }, 'key1'],
      [{ parameters: [null] }, 'key1'],
      [{ binding: 'path' }, 'key1'],
      [{ action: action({ text: 'DELETE FROM orders ' }) }, 'key1'],
      [{}, 'key2'],
    ];
    for (const [over, credentialId] of variants) {
      const w = world(hold);
      const context = { ...w.context, session: { ...w.context.session, credentialId } };
      const verdict = enforce(context, exchange(over));
      if (verdict.kind !== 'hold') throw new Error('expected a hold');
      await awaitApproval(context, verdict, hooks());
      seen.add(w.approvals.opened!.bindingHash);
    }
    expect(seen.size).toBe(variants.length);
  });
});
