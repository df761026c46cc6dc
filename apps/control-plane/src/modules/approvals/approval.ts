import type { ApprovalRequirement, ApprovalTerms } from '@sallyport/domain';

/** Everything an approval can be. `pending` and `approved` are on the way; every other state is final. */
export const approvalStates = ['pending', 'approved', 'consumed', 'denied', 'expired', 'abandoned', 'void'] as const;
export type ApprovalState = (typeof approvalStates)[number];

export type ApprovalEvent =
  | 'quorum-reached'
  | 'deny'
  | 'consume'
  | 'expire'
  | 'abandon' // the requester's side gave up: cancelled, left, or the gateway lost the session
  | 'invalidate'; // what was granted no longer holds: an approver or the requester lost the right

/** The whole life of an approval. An event that is not listed for a state does not happen. */
const transitions: Readonly<Record<ApprovalState, Partial<Record<ApprovalEvent, ApprovalState>>>> = {
  pending: {
    'quorum-reached': 'approved',
    deny: 'denied',
    expire: 'expired',
    abandon: 'abandoned',
    invalidate: 'void',
  },
  approved: { consume: 'consumed', expire: 'expired', abandon: 'abandoned', invalidate: 'void' },
  consumed: {},
  denied: {},
  expired: {},
  abandoned: {},
  void: {},
};

/** The state after the event; undefined when the event cannot happen in this state. */
export function next(state: ApprovalState, event: ApprovalEvent): ApprovalState | undefined {
  return transitions[state][event];
}

export function isFinal(state: ApprovalState): boolean {
  return Object.keys(transitions[state]).length === 0;
}

/** The states from which an event leads on: the WHERE of its compare-and-set. */
export function statesAccepting(event: ApprovalEvent): ApprovalState[] {
  return approvalStates.filter((state) => next(state, event) !== undefined);
}

/** One person's yes. Groups are the ones they are in at the time of asking. */
export interface Approver {
  readonly person: string;
  readonly groups: readonly string[];
}

export function mayMeet(requirement: ApprovalRequirement, groups: readonly string[]): boolean {
  return requirement.groups.some((group) => groups.includes(group));
}

/** Whoever is in a group that some requirement names may decide. */
export function isEligible(terms: ApprovalTerms, groups: readonly string[]): boolean {
  return terms.requirements.some((requirement) => mayMeet(requirement, groups));
}

/**
 * True when every requirement has its quorum and nobody counts twice, neither within a requirement nor across them: one
 * person in two groups is still one pair of eyes. A bipartite matching of seats to people (Kuhn's algorithm).
 */
export function isQuorumMet(terms: ApprovalTerms, approvers: readonly Approver[]): boolean {
  const people = onePerPerson(approvers);
  const seats = terms.requirements.flatMap((requirement) =>
    Array.from({ length: requirement.quorum }, () => requirement),
  );
  if (seats.length === 0 || seats.length > people.length) return false;
  const seatOf = new Map<Approver, number>();
  const seatPerson = (seat: number, tried: Set<Approver>): boolean => {
    for (const person of people) {
      if (tried.has(person) || !mayMeet(seats[seat]!, person.groups)) continue;
      tried.add(person);
      const taken = seatOf.get(person);
      if (taken === undefined || seatPerson(taken, tried)) {
        seatOf.set(person, seat);
        return true;
      }
    }
    return false;
  };
  return seats.every((_, seat) => seatPerson(seat, new Set()));
}

/** Two accounts of one person are one approver with the groups of both. */
function onePerPerson(approvers: readonly Approver[]): Approver[] {
  const groups = new Map<string, Set<string>>();
  for (const approver of approvers) {
    const known = groups.get(approver.person) ?? new Set<string>();
    for (const group of approver.groups) known.add(group);
    groups.set(approver.person, known);
  }
  return [...groups].map(([person, names]) => ({ person, groups: [...names] }));
}
