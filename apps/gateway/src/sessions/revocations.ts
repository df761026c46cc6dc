import { principalRef, type Principal } from '@sallyport/domain';
import type { ToGateway } from '@sallyport/gateway-contract';

type Revocation = ToGateway['identity.revoked'];

/** Whether a revocation means a session of this principal that was proved by these credentials. */
export function isMeant(revocation: Revocation, principal: Principal, credentialIds: readonly string[]): boolean {
  if (!namesOf(principal).includes(revocation.principal)) return false;
  return revocation.credentialId === undefined || credentialIds.includes(revocation.credentialId);
}

/** How long a revocation stands whatever revisions come: one that was made before it can have been on its way. Milliseconds. */
const standsMs = 5000;
/** A revision that comes this long after a revocation was made after it, too. Milliseconds. */
const madeAfterMs = 1000;
/** Whoever was let in again so soon that no later revision came is not kept out for ever. Milliseconds. */
const longestMs = 60_000;

/**
 * What was withdrawn lately, which the revision in force may still have. Stands in the way of logins until a revision came
 * that does not: the very next one can have been on its way already.
 */
export class Revocations {
  #revisionAt = -Infinity;
  #since: { readonly revocation: Revocation; readonly at: number }[] = [];

  /** @param clock monotonic, in milliseconds. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  add(revocation: Revocation): void {
    this.#since.push({ revocation, at: this.clock() });
  }

  /** A revision came. */
  revised(): void {
    this.#revisionAt = this.clock();
    this.#forgetOld();
  }

  has(principal: Principal, credentialIds: readonly string[]): boolean {
    this.#forgetOld();
    return this.#since.some(({ revocation }) => isMeant(revocation, principal, credentialIds));
  }

  #forgetOld(): void {
    const now = this.clock();
    this.#since = this.#since.filter(({ at }) => {
      if (now - at < standsMs || this.#revisionAt <= at) return true;
      return this.#revisionAt - at < madeAfterMs && now - at < longestMs;
    });
  }
}

/** Everybody a session hangs on: an agent is its service account too, and works for a person. */
function namesOf(principal: Principal): string[] {
  const account = principal.type === 'Agent' ? [principalRef({ ...principal, type: 'ServiceAccount' })] : [];
  return [principalRef(principal), ...account, ...(principal.actsFor ? namesOf(principal.actsFor) : [])];
}
