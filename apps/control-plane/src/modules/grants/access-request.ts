import type { RoleRequestRules } from '@sallyport/api-contract';

/** Everything an access request can be. Only `pending` is on the way; every other state is final. */
export const accessRequestStates = ['pending', 'approved', 'denied', 'withdrawn', 'expired', 'void'] as const;
export type AccessRequestState = (typeof accessRequestStates)[number];

export type AccessRequestEvent = 'quorum-reached' | 'deny' | 'withdraw' | 'expire' | 'invalidate'; // what was asked may no longer be asked: the rules changed, or who asked is gone

const outcomes: Readonly<Record<AccessRequestEvent, AccessRequestState>> = {
  'quorum-reached': 'approved',
  deny: 'denied',
  withdraw: 'withdrawn',
  expire: 'expired',
  invalidate: 'void',
};

/** The state after the event; undefined when the event cannot happen in this state. */
export function next(state: AccessRequestState, event: AccessRequestEvent): AccessRequestState | undefined {
  return state === 'pending' ? outcomes[event] : undefined;
}

/** What somebody wishes, with the groups that count for them now. */
export interface Wish {
  readonly resources: readonly string[];
  readonly seconds: number;
  readonly breakGlass: boolean;
  readonly groups: readonly string[];
}

/** What the wish is held against. */
export interface Terms {
  /** Of the role; undefined where there is no such role, or nobody can ask for it. */
  readonly rules: RoleRequestRules | undefined;
  readonly isResource: (name: string) => boolean;
}

export interface Obstacle {
  readonly code: 'not-requestable' | 'no-break-glass' | 'resource' | 'too-long';
  readonly detail: string;
  /** The resource that is in the way. */
  readonly resource?: string;
}

/**
 * What stands in the way of a wish; undefined when nothing does. Judged when it is made and again when it is decided. A
 * role that does not exist and one that the caller may not ask for look the same, and so do resources.
 */
export function obstacleTo({ resources, seconds, breakGlass, groups }: Wish, terms: Terms): Obstacle | undefined {
  const { rules, isResource } = terms;
  const mayAsk = rules && (rules.requesters === undefined || isIn(groups, rules.requesters));
  if (!rules || !(breakGlass ? rules.breakGlass.length > 0 : mayAsk)) {
    return { code: 'not-requestable', detail: 'This role is none that you can ask for.' };
  }
  if (breakGlass && !isIn(groups, rules.breakGlass)) {
    return { code: 'no-break-glass', detail: 'This role is none that you may take at once.' };
  }
  const outside = resources.find((name) => !isResource(name) || (rules.resources && !rules.resources.includes(name)));
  if (outside !== undefined) {
    return { code: 'resource', detail: `The role cannot be asked for on ${outside}.`, resource: outside };
  }
  if (seconds > rules.maxSeconds) {
    return { code: 'too-long', detail: `The role is granted for ${rules.maxSeconds} seconds at most.` };
  }
  return undefined;
}

/** The instant at which a longer grant would end: never later than the longest grant from its first start on. */
export function extendedUntil(
  grant: { readonly startedAt: Date; readonly expiresAt: Date },
  seconds: number,
  maxSeconds: number,
): Date {
  const latest = grant.startedAt.getTime() + maxSeconds * 1000;
  return new Date(Math.min(grant.expiresAt.getTime() + seconds * 1000, latest));
}

function isIn(groups: readonly string[], named: readonly string[]): boolean {
  return named.some((group) => groups.includes(group));
}
