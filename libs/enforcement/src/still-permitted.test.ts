import type { Action, Decision, MaskMethod, Obligation, ReasonCode } from '@sallyport/domain';
import { stillPermitted, type EnforcementContext } from './index.js';

const action: Action = {
  protocol: 'postgres',
  kind: 'SELECT',
  text: 'SELECT ssn FROM customers',
  effects: [{ verb: 'select', object: { kind: 'Table', resource: 'shop', schema: 'public', table: 'customers' } }],
  context: {},
  lineage: { results: [null], usedElsewhere: [] },
  fingerprint: 'f',
};
const mask = (column: string, method: MaskMethod = 'redact'): Obligation => ({
  kind: 'mask',
  column: { kind: 'Column', resource: 'shop', schema: 'public', table: 'customers', column },
  method,
});
const permit = (...obligations: Obligation[]): Decision => ({
  ...{ effect: 'permit', obligations, because: [{ code: 'permitted' }], policyRevision: 1 },
});
const deny = (code: ReasonCode): Decision => ({ effect: 'deny', because: [{ code }], policyRevision: 1 });
const hold: Decision = {
  effect: 'hold',
  approval: { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 60 },
  ...{ obligations: [], because: [{ code: 'needs-approval' }], policyRevision: 1 },
};

/** Nothing but the judge and the masks is asked. */
function context(judge: () => Decision): EnforcementContext {
  const masks = new Set<MaskMethod>(['redact', 'partial']);
  return { policy: { judge }, capabilities: { maskable: new Set(['mask']), masks } } as unknown as EnforcementContext;
}

test.each<[string, Decision, readonly Obligation[], string | undefined, boolean]>([
  ['permitted', permit(), [], undefined, true],
  ['denied', deny('no-permit'), [], undefined, false],
  ['denied after an approval', deny('no-permit'), [], 'a', false],
  ['to be approved by now', hold, [], undefined, false],
  ['approved before', hold, [], 'a', true],
  ['masked as before', permit(mask('ssn')), [mask('ssn'), mask('name')], undefined, true],
  ['to be masked by now', permit(mask('ssn')), [], undefined, false],
  ['to be masked elsewhere too', permit(mask('ssn'), mask('name')), [mask('ssn')], undefined, false],
  ['to be masked in another way', permit(mask('ssn', 'partial')), [mask('ssn')], undefined, false],
  ['judged by a policy that has grown too old', deny('policy-stale'), [], undefined, true],
])('AP-05: what runs goes on or not, when it is %s', (_what, decision, obligations, approvalId, goesOn) => {
  expect(
    stillPermitted(
      context(() => decision),
      { action, obligations, approvalId },
    ),
  ).toBe(goesOn);
});

test('CP-04: a judge that throws lets nothing run on', () => {
  const broken = context(() => {
    throw new Error('broken');
  });
  expect(stillPermitted(broken, { action, obligations: [] })).toBe(false);
});
