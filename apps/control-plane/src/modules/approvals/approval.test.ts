import fc from 'fast-check';
import type { ApprovalTerms } from '@sallyport/domain';
import type { ApprovalEvent, ApprovalState, Approver } from './approval.js';
import { approvalStates, isEligible, isFinal, isQuorumMet, next, statesAccepting } from './approval.js';

const events: ApprovalEvent[] = ['quorum-reached', 'deny', 'consume', 'expire', 'abandon', 'invalidate'];
const terms = (...requirements: [string[], number][]): ApprovalTerms => ({
  requirements: requirements.map(([groups, quorum]) => ({ groups, quorum })),
  expiresInSeconds: 60,
});
const approver = (person: string, ...groups: string[]): Approver => ({ person, groups });

test('AP-02: a final state is never left, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (history) => {
      let state: ApprovalState = 'pending';
      let finals = 0;
      for (const event of history) {
        const after = next(state, event);
        if (after === undefined) continue;
        expect(isFinal(state)).toBe(false);
        state = after;
        if (isFinal(state)) finals += 1;
      }
      expect(finals).toBeLessThanOrEqual(1);
    }),
  );
});

test('only an approved request is consumed, and only a pending one is decided', () => {
  expect(statesAccepting('consume')).toEqual(['approved']);
  expect(statesAccepting('quorum-reached')).toEqual(['pending']);
  expect(statesAccepting('deny')).toEqual(['pending']);
  expect(statesAccepting('expire')).toEqual(['pending', 'approved']);
  expect(approvalStates.filter(isFinal)).toEqual(['consumed', 'denied', 'expired', 'abandoned', 'void']);
});

test('one person of a named group is enough for a quorum of one', () => {
  expect(isQuorumMet(terms([['dba'], 1]), [approver('alice', 'dba')])).toBe(true);
  expect(isQuorumMet(terms([['dba'], 1]), [approver('alice', 'ops')])).toBe(false);
  expect(isQuorumMet(terms([['dba'], 1]), [])).toBe(false);
});

test('AP-01: two accounts of one person are one pair of eyes', () => {
  const twice = [approver('alice', 'dba'), approver('alice', 'dba')];
  expect(isQuorumMet(terms([['dba'], 2]), twice)).toBe(false);
  expect(isQuorumMet(terms([['dba'], 1], [['security'], 1]), [approver('alice', 'dba', 'security')])).toBe(false);
});

test('requirements are met by distinct people even when the obvious seating is wrong', () => {
  const both = [approver('alice', 'dba', 'security'), approver('bob', 'dba')];
  expect(isQuorumMet(terms([['dba'], 1], [['security'], 1]), both)).toBe(true);
  expect(isQuorumMet(terms([['security'], 1], [['dba'], 1]), both)).toBe(true);
  expect(isQuorumMet(terms([['dba'], 2], [['security'], 1]), both)).toBe(false);
});

test('no terms at all are never met', () => {
  expect(isQuorumMet(terms(), [approver('alice', 'dba')])).toBe(false);
  expect(isEligible(terms(), ['dba'])).toBe(false);
});

test('the matching agrees with trying every seating', () => {
  const groups = fc.subarray(['a', 'b', 'c'], { minLength: 0 });
  const requirement = fc.record({
    groups: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    quorum: fc.integer({ min: 1, max: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(requirement, { minLength: 1, maxLength: 3 }),
      fc.array(fc.record({ person: fc.constantFrom('p', 'q', 'r', 's', 't'), groups }), { maxLength: 6 }),
      (requirements, approvers) => {
        const asked = { requirements, expiresInSeconds: 1 };
        expect(isQuorumMet(asked, approvers)).toBe(exhaustive(asked, approvers));
      },
    ),
    { numRuns: 500 },
  );
});

test('one more approval never unmeets a quorum', () => {
  const person = fc.record({ person: fc.string(), groups: fc.subarray(['a', 'b']) });
  fc.assert(
    fc.property(fc.array(person, { maxLength: 5 }), person, (approvers, extra) => {
      const asked = terms([['a'], 1], [['a', 'b'], 2]);
      if (isQuorumMet(asked, approvers)) expect(isQuorumMet(asked, [...approvers, extra])).toBe(true);
    }),
  );
});

/** Every way to put people on seats, one by one. */
function exhaustive(asked: ApprovalTerms, approvers: readonly Approver[]): boolean {
  const people = [...new Set(approvers.map((one) => one.person))];
  const groupsOf = (person: string): string[] =>
    approvers.filter((one) => one.person === person).flatMap((one) => [...one.groups]);
  const seats = asked.requirements.flatMap((need) => Array.from({ length: need.quorum }, () => need.groups));
  const place = (seat: number, free: readonly string[]): boolean =>
    seat === seats.length ||
    free.some(
      (person) =>
        groupsOf(person).some((group) => seats[seat]!.includes(group)) &&
        place(
          seat + 1,
          free.filter((other) => other !== person),
        ),
    );
  return place(0, people);
}
