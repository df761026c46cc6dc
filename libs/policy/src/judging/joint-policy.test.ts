import type { Decision, Principal } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import fc from 'fast-check';
import { jointDecision } from './joint-policy.js';
import { action, column, customers, judgeOf, orders, question, read } from './shop-fixture.js';

const alice: Principal = { type: 'User', id: 'alice', groups: ['staff'], roles: [] };
const agent: Principal = { type: 'Agent', id: 'helper', groups: ['bots'], roles: [], actsFor: alice };
const forAgent = (cedar: string, principal = agent) => judgeOf(cedar).forSession({ ...question, principal });
const remove = action({ action: 'delete', object: orders });
const emails = action({ action: 'select', object: customers, columns: ['email', 'ssn'] });

const toAgent = 'permit (principal == Agent::"helper", action, resource);';
const toAlice = 'permit (principal == User::"alice", action, resource);';

test.each<[string, string, Decision['effect']]>([
  ['to neither', 'permit (principal == User::"bob", action, resource);', 'deny'],
  ['to the agent alone', toAgent, 'deny'],
  ['to the person alone', toAlice, 'deny'],
  ['to both', `${toAgent} ${toAlice}`, 'permit'],
  [
    'to both by groups',
    'permit (principal in Group::"bots", action, resource); permit (principal in Group::"staff", action, resource);',
    'permit',
  ],
  [
    'to the account behind the agent',
    `permit (principal == ServiceAccount::"helper", action, resource); ${toAlice}`,
    'deny',
  ],
  ['to the groups of the one, held by the other', 'permit (principal in Group::"staff", action, resource);', 'deny'],
  [
    'to both, and forbidden to the agent',
    `${toAgent} ${toAlice} forbid (principal is Agent, action, resource);`,
    'deny',
  ],
  [
    'to both, and forbidden to the person',
    `${toAgent} ${toAlice} forbid (principal is User, action, resource);`,
    'deny',
  ],
])('an agent may do what is permitted %s', (_to, cedar, effect) => {
  const session = forAgent(cedar);
  expect(session.judge(read).effect).toBe(effect);
  expect(session.explain(read).decision.effect).toBe(effect);
});

test('approvals of both are needed, the higher quorum for the same groups, within the shorter time', () => {
  const decision = forAgent(`
    @approval("dba") @quorum("2") @expires("10m") @reason("agents ask") permit (principal is Agent, action, resource);
    @approval("dba") @expires("5m") @reason("people ask") permit (principal is User, action, resource);
    @approval("sec") forbid (principal is User, action == Action::"delete", resource);`).judge(remove);
  expect(decision).toMatchObject({
    effect: 'hold',
    approval: {
      requirements: [
        { groups: ['dba'], quorum: 2 },
        { groups: ['sec'], quorum: 1 },
      ],
      expiresInSeconds: 300,
    },
  });
  expect(decision.because.map(({ text }) => text)).toEqual(['agents ask', 'this needs approval', 'people ask']);
});

test('a hold for one of the two holds, with that one’s terms and reasons', () => {
  const asks = '@approval("dba") @reason("ask") permit (principal is User, action, resource);';
  expect(forAgent(`${toAgent} ${asks}`).judge(remove)).toMatchObject({
    effect: 'hold',
    approval: { requirements: [{ groups: ['dba'], quorum: 1 }] },
    because: [{ code: 'needs-approval', text: 'ask' }],
  });
});

test('what either may not see is masked', () => {
  const sees = (who: string, name: string) =>
    `permit (principal ${who}, action == Action::"reveal", resource == Column::"${customers}.${name}");`;
  const decision = forAgent(`permit (principal, action == Action::"select", resource);
    ${sees('is Agent', 'email')} ${sees('is User', 'email')} ${sees('is User', 'ssn')}`).judge(emails);
  expect(decision).toMatchObject({ effect: 'permit' });
  const masked =
    decision.effect === 'deny'
      ? []
      : decision.obligations.map((mask) => (mask.kind === 'mask' ? mask.column.column : mask.field.path));
  expect(masked).toEqual(['ssn']);
});

test('equal questions get the same decision object, and an explanation says whose judgement is whose', () => {
  const session = forAgent(`${toAgent} ${toAlice}`);
  expect(session.judge(read)).toBe(session.judge(read));
  expect(session.explain(read).effects.map(({ principal }) => principal)).toEqual(['Agent::helper', 'User::alice']);
});

test('a retired revision denies agents too', () => {
  const judge = judgeOf(`${toAgent} ${toAlice}`);
  const session = judge.forSession({ ...question, principal: agent });
  expect(session.judge(read).effect).toBe('permit');
  judge.retire();
  expect(session.judge(read)).toMatchObject({ effect: 'deny', because: [{ code: 'policy-stale' }] });
});

const mask = fc.record({
  kind: fc.constant('mask' as const),
  column: fc.constantFrom(column('customers', 'email'), column('customers', 'ssn')),
  method: fc.constantFrom('redact', 'null', 'pseudonym', 'partial'),
});
const terms = fc.record({
  requirements: fc.array(
    fc.record({ groups: fc.constantFrom(['a'], ['b'], ['a', 'b']), quorum: fc.integer({ min: 1, max: 3 }) }),
    { minLength: 1, maxLength: 3 },
  ),
  expiresInSeconds: fc.integer({ min: 1, max: 1000 }),
});
const base = { policyRevision: fc.constant(7) };
const because = (code: 'permitted' | 'needs-approval' | 'forbidden') => fc.constant([{ code }]);
const decisions: fc.Arbitrary<Decision> = fc.oneof(
  fc.record({ ...base, effect: fc.constant('deny' as const), because: because('forbidden') }),
  fc.record({
    ...base,
    effect: fc.constant('permit' as const),
    because: because('permitted'),
    obligations: fc.array(mask),
  }),
  fc.record({
    ...base,
    effect: fc.constant('hold' as const),
    because: because('needs-approval'),
    obligations: fc.array(mask),
    approval: terms,
  }),
);

test('the joint decision is never weaker than either, in whatever order they come', () => {
  const rank = { permit: 0, hold: 1, deny: 2 };
  fc.assert(
    fc.property(decisions, decisions, (a, b) => {
      const joint = jointDecision(a, b);
      expect(rank[joint.effect]).toBe(Math.max(rank[a.effect], rank[b.effect]));
      expect(jointDecision(b, a).effect).toBe(joint.effect);
      if (joint.effect === 'deny') return;
      for (const part of [a, b]) {
        if (part.effect === 'deny') throw new Error('a denial was lost');
        const kept = joint.obligations.map((mask) => objectId(maskedObject(mask)));
        for (const masked of part.obligations) expect(kept).toContain(objectId(maskedObject(masked)));
        if (part.effect !== 'hold') continue;
        if (joint.effect !== 'hold') throw new Error('a hold was lost');
        expect(joint.approval.expiresInSeconds).toBeLessThanOrEqual(part.approval.expiresInSeconds);
        for (const need of part.approval.requirements)
          expect(
            joint.approval.requirements.some(
              ({ groups, quorum }) => String(groups) === String(need.groups) && quorum >= need.quorum,
            ),
          ).toBe(true);
      }
    }),
  );
});
