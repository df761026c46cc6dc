import fc from 'fast-check';
import type { Decision } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import { Judge } from './judge.js';
import { actions, addresses, clocks, policySets, principals, resourceA } from './random-policies-fixture.js';
import type { OracleDecision, OracleStatement } from './whole-set-fixture.js';
import { judgeWhole } from './whole-set-fixture.js';

function judgeOf(statements: readonly OracleStatement[]): Judge {
  const policies = statements.map(({ label, text }) => ({ name: label, cedar: text }));
  const other = { ...resourceA, name: 'b', classification: [] };
  return new Judge({ revision: 1, policies, groups: [], resources: [resourceA, other] });
}

function summary(decision: Decision): OracleDecision {
  const codes = decision.because.map(({ code }) => code);
  const failed = codes.includes('evaluation-error');
  return {
    effect: decision.effect,
    code: failed ? 'evaluation-error' : codes[0]!,
    policies: failed ? [] : [...new Set(decision.because.flatMap(({ policy }) => policy ?? []))].sort(),
    masked: decision.effect === 'deny' ? [] : decision.obligations.map((mask) => objectId(maskedObject(mask))).sort(),
  };
}
/** Where an error and another denial meet, who else is named does not matter. */
const comparable = (decision: OracleDecision) =>
  decision.code === 'evaluation-error' ? { ...decision, policies: [] } : decision;

const worlds = fc.record({
  statements: policySets,
  principal: principals,
  action: actions,
  now: clocks,
  sourceIp: addresses,
});

/** The comparison means something only if all of these came up. */
const outcomes = [
  'permit permitted',
  'hold needs-approval',
  'deny forbidden',
  'deny no-permit',
  'deny evaluation-error',
  'true',
] as const;

test('the slice decides as the whole set does, column by column', () => {
  const seen = new Set<string>();
  const missing = () => outcomes.filter((outcome) => ![...seen].some((each) => each.includes(outcome)));
  // Chance may leave a rare outcome out of one round, hardly of ten.
  for (let round = 0; round === 0 || (round < 10 && missing().length > 0); round += 1) {
    fc.assert(
      fc.property(worlds, ({ statements, principal, action, now, sourceIp }) => {
        const judge = judgeOf(statements);
        const session = judge.forSession({ principal, resource: 'a', sourceIp, protocol: 'postgres', now: () => now });
        const decision = summary(session.judge(action));
        judge.retire();
        seen.add(`${decision.effect} ${decision.code} ${decision.masked.length > 0}`);
        const expected = judgeWhole({ statements, principal, resource: resourceA, now, sourceIp }, action);
        expect(comparable(decision)).toEqual(comparable(expected));
      }),
      { numRuns: 150 },
    );
  }
  expect(missing()).toEqual([]);
}, 120_000);

test('a kept decision is the one that would be made', () => {
  // Few principals and actions, so that the same question comes again from elsewhere and at another hour.
  const questions = fc.record({
    who: fc.nat(1),
    what: fc.nat(1),
    sourceIp: addresses,
    at: clocks,
    copied: fc.boolean(),
  });
  const plans = fc.record({
    statements: policySets,
    people: fc.tuple(principals, principals),
    requests: fc.tuple(actions, actions),
    questions: fc.array(questions, { minLength: 4, maxLength: 12 }),
  });
  fc.assert(
    fc.property(plans, ({ statements, people, requests, questions }) => {
      const judge = judgeOf(statements);
      for (const { who, what, sourceIp, at, copied } of questions) {
        const facts = { principal: people[who]!, sourceIp, now: () => at };
        const session = judge.forSession({ ...facts, resource: 'a', protocol: 'postgres' });
        const action = copied ? { ...requests[what]! } : requests[what]!;
        const fresh = judgeOf(statements);
        const anew = fresh.forSession({ ...facts, resource: 'a', protocol: 'postgres' });
        expect(session.judge(action)).toEqual(anew.judge(action));
        expect(session.explain(action).decision).toEqual(anew.judge(action));
        fresh.retire();
      }
      judge.retire();
    }),
    { numRuns: 60 },
  );
}, 60_000);
