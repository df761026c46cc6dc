import { principalRef, type Principal } from '@sallyport/domain';
import type { ToGateway } from '@sallyport/gateway-contract';

type Revocation = ToGateway['identity.revoked'];

/** Whether a revocation means a session of this principal that was proved by these credentials. */
export function isMeant(revocation: Revocation, principal: Principal, credentialIds: readonly string[]): boolean {
  if (!namesOf(principal).includes(revocation.principal)) return false;
  return revocation.credentialId === undefined || credentialIds.includes(revocation.credentialId);
}

/**
 * What was withdrawn since the revision in force, which still has it: the next one does not. Stands in the way of logins
 * until then.
 */
export class Revocations {
  readonly #since: Revocation[] = [];

  add(revocation: Revocation): void {
    this.#since.push(revocation);
  }

  clear(): void {
    this.#since.length = 0;
  }

  has(principal: Principal, credentialIds: readonly string[]): boolean {
    return this.#since.some((revocation) => isMeant(revocation, principal, credentialIds));
  }
}

/** Everybody a session hangs on: an agent is its service account too, and works for a person. */
function namesOf(principal: Principal): string[] {
  const account = principal.type === 'Agent' ? [principalRef({ ...principal, type: 'ServiceAccount' })] : [];
  return [principalRef(principal), ...account, ...(principal.actsFor ? namesOf(principal.actsFor) : [])];
}
