/** Who asks. One entity of the policy language, whatever credential proved it. */
export type PrincipalType = 'User' | 'ServiceAccount' | 'Agent';

export interface Principal {
  readonly type: PrincipalType;
  readonly id: string;
  /** Names of the groups that hold this principal, inherited ones included. */
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  /** The person who answers for a service account or agent; may not approve what it asks. */
  readonly owner?: string;
  /** For an Agent: the person it acts for. What it does must be permitted to both. */
  readonly actsFor?: Principal;
}

/** The policy language's spelling of a principal, e.g. `ServiceAccount::ci`. */
export function principalRef(principal: Pick<Principal, 'type' | 'id'>): string {
  return `${principal.type}::${principal.id}`;
}
