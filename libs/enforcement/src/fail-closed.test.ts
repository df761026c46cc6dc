import type { Action, Decision, Exchange, MaskMethod, Obligation } from '@sallyport/domain';
import {
  awaitApproval,
  enforce,
  type ApprovalPort,
  type EnforcementContext,
  type HoldHooks,
  type RecorderPort,
} from './index.js';

const ssn = { kind: 'Column', resource: 'shop', schema: 'public', table: 'customers', column: 'ssn' } as const;
const action: Action = {
  protocol: 'postgres',
  kind: 'SELECT',
  text: 'SELECT ssn FROM customers',
  effects: [{ verb: 'select', object: ssn }],
  context: {},
  lineage: { results: [null], usedElsewhere: [] },
  fingerprint: 'select',
};
const because = [{ code: 'permitted' }] as const;
const mask: Obligation = { kind: 'mask', column: ssn, method: 'redact' };
const permit: Decision = { effect: 'permit', obligations: [mask], because, policyRevision: 1 };
const hold: Decision = {
  ...permit,
  effect: 'hold',
  approval: { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 1 },
};
const exchange: Exchange<string> = { seq: 1, phase: 'execute', request: 'bytes', action };

const fails = (): never => {
  throw new Error('broken');
};

/** A world in which everything works, but for what a case breaks. */
interface Broken {
  readonly judge?: () => unknown;
  readonly recorder?: Partial<RecorderPort>;
  readonly approvals?: Partial<ApprovalPort>;
  readonly masks?: unknown;
  readonly hooks?: Partial<HoldHooks>;
}

function context({ judge = () => permit, recorder, approvals, masks = new Set<MaskMethod>(['redact']) }: Broken) {
  return {
    session: {
      id: '5f0c8f3e-8a3c-4a3e-9d60-0d4f5a1b2c3d',
      principal: { type: 'ServiceAccount', id: 'ci', groups: [], roles: [] },
      credentialId: 'key1',
      resource: 'shop',
      protocol: 'postgres',
      gateway: 'local',
      clientAddress: '127.0.0.1',
      startedAt: '2026-01-01T00:00:00Z',
    },
    policy: { judge },
    recorder: {
      congested: false,
      ...{ decision: ignore, request: ignore, response: ignore, outcome: ignore, note: ignore, flush: ignore },
      waitsForDisk: false,
      flushSoon: ignore,
      onDrain: ignore,
      ...recorder,
    },
    approvals: {
      open: async () => undefined,
      resolution: async () => ({ state: 'approved' }),
      consume: async () => true,
      abandon: ignore,
      report: ignore,
      ...approvals,
    },
    capabilities: { maskable: new Set(['mask']), masks },
  } as EnforcementContext;
}
function ignore(): void {}

test('what nothing breaks is let through, at once and after approval', async () => {
  const verdict = enforce(context({}), exchange);
  expect(verdict.kind === 'permit' && verdict.permit.take()).toBe('bytes');
  expect(await afterApproval({})).toBe('bytes');
});

const unanswered: [string, Broken][] = [
  ['an engine that throws', { judge: fails }],
  [
    'an engine that throws no error',
    {
      judge: () => {
        throw undefined;
      },
    },
  ],
  ['no answer', { judge: () => undefined }],
  ['an answer that has not come yet', { judge: () => Promise.resolve(permit) }],
  ['an answer of another kind', { judge: () => 'permit' }],
  ['an effect that nobody knows', { judge: () => ({ ...permit, effect: 'allow' }) }],
  ['an effect in other letters', { judge: () => ({ ...permit, effect: 'Permit' }) }],
  ['no effect', { judge: () => ({ ...permit, effect: undefined }) }],
  ['a permit that says nothing of masks', { judge: () => ({ ...permit, obligations: undefined }) }],
  ['a permit with masks that are no list', { judge: () => ({ ...permit, obligations: { length: 0 } }) }],
  ['an obligation of no kind', { judge: () => ({ ...permit, obligations: [null] }) }],
  ['an obligation that nobody knows', { judge: () => ({ ...permit, obligations: [{ ...mask, kind: 'watermark' }] }) }],
  ['a mask that nobody knows', { judge: () => ({ ...permit, obligations: [{ ...mask, method: 'rot13' }] }) }],
  ['a mask of no column', { judge: () => ({ ...permit, obligations: [{ ...mask, column: undefined }] }) }],
  ['a protocol that says nothing of its masks', { masks: null }],
  ['masks that cannot be asked for', { masks: { has: fails } }],
  ['a hold that says nothing of who decides', { judge: () => ({ ...hold, approval: undefined }) }],
  ['a hold that nobody needs to decide', { judge: () => ({ ...hold, approval: { ...hold, requirements: [] } }) }],
  ['a recorder that throws', { recorder: { decision: fails } }],
];
test.each(unanswered)('CP-04: %s denies', (_, broken) => {
  expect(enforce(context(broken), exchange).kind).toBe('deny');
});

test.each<[string, Partial<Action>]>([
  ['whose results have no origin', { lineage: { results: ['opaque'], usedElsewhere: [] } }],
  ['that uses a masked column', { lineage: { results: [null], usedElsewhere: [ssn] } }],
  ['of which nothing is known', { lineage: undefined as never }],
  ['of which half is known', { lineage: { results: undefined, usedElsewhere: [] } as never }],
])('CP-04: an action %s is denied where something is masked', (_, part) => {
  expect(enforce(context({}), { ...exchange, action: { ...action, ...part } }).kind).toBe('deny');
});

test('CP-04: a disk that fails gives nothing out, then or later', () => {
  let isFull = true;
  const verdict = enforce(context({ recorder: { flush: () => (isFull ? fails() : undefined) } }), exchange);
  const take = () => verdict.kind === 'permit' && verdict.permit.take();
  expect(take).toThrow('broken');
  isFull = false;
  expect(take).toThrow('once');
});

/** What is forwarded after an approval in this world; undefined where nothing is. */
async function afterApproval({ hooks, ...broken }: Broken): Promise<unknown> {
  const world = context({ judge: () => hold, ...broken });
  const held = enforce(context({ judge: () => hold }), exchange);
  if (held.kind !== 'hold') throw new Error(`expected a hold, got ${held.kind}`);
  const verdict = await awaitApproval(world, held, {
    pending: ignore,
    reinspect: async () => ({ action }),
    signal: new AbortController().signal,
    ...hooks,
  });
  return verdict.kind === 'permit' ? verdict.permit.take() : undefined;
}

const never = () => new Promise<never>(() => undefined);
const unless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
const state = (text: unknown) => ({ resolution: async () => ({ state: text }) as never });

const unreleased: [string, Broken][] = [
  ['nobody to ask', { approvals: { open: fails } }],
  ['nobody who answers that it was asked', { approvals: { open: async () => fails() } }],
  ['a final word that fails', { approvals: { resolution: async () => fails() } }],
  ['a final word that does not come', { approvals: { resolution: (_, signal) => unless(signal) } }],
  ['a final word that nobody knows', { approvals: state('granted') }],
  ['a final word that says nothing', { approvals: state(undefined) }],
  ['no final word', { approvals: { resolution: async () => undefined as never } }],
  ['a claim that fails', { approvals: { consume: async () => fails() } }],
  ['a claim that throws', { approvals: { consume: fails } }],
  ['a claim that is not granted', { approvals: { consume: async () => false } }],
  ['a claim that is answered with something', { approvals: { consume: async () => 'yes' as never } }],
  ['a client that cannot be told', { hooks: { pending: fails } }],
  ['a meaning that cannot be read anew', { hooks: { reinspect: async () => fails() } }],
  ['no meaning any more', { hooks: { reinspect: async () => undefined } }],
  ['a recorder that throws', { recorder: { decision: fails, note: fails } }],
  ['an engine that throws by then', { judge: fails }],
  ['an answer that nobody knows by then', { judge: () => ({ ...permit, effect: 'allow' }) }],
  ['every way to people gone', { approvals: { open: fails, resolution: never, abandon: fails, report: fails } }],
  ['a claim that fails and cannot be taken back', { approvals: { consume: fails, abandon: fails, report: fails } }],
];
test.each(unreleased)('CP-04: while it waits for approval, %s denies', async (_, broken) => {
  expect(await afterApproval(broken)).toBeUndefined();
});
