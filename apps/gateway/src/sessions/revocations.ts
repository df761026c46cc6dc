import { principalRef, type Principal } from '@sallyport/domain';
import type { ToGateway } from '@sallyport/gateway-contract';

type Revocation = ToGateway['identity.revoked'];

/** Whether a revocation means a session of this principal that was proved by these credentials. */
export function isMeant(revocation: Revocation, principal: Principal, credentialIds: readonly string[]): boolean {
  if (!namesOf(principal).includes(revocation.principal)) return false;
  return revocation.credentialId === undefined || credentialIds.includes(revocation.credentialId);
}

/** One that does not name the revision that has it stands this long. Milliseconds. */
const unnamedStandsMs = 60_000;

/**
 * What was withdrawn, which the revision in force may still have. Each stands in the way of logins until the revision that no
 * longer has it is in force: one that was made before it may well arrive after it.
 */
export class Revocations {
  #inForce = 0;
  #since: { readonly revocation: Revocation; readonly at: number }[] = [];

  /** @param clock monotonic, in milliseconds. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  add(revocation: Revocation): void {
    this.#since.push({ revocation, at: this.clock() });
    this.#forgetOld();
  }

  /** A revision is in force now. */
  revised(revision: number): void {
    this.#inForce = revision;
    this.#forgetOld();
  }

  has(principal: Principal, credentialIds: readonly string[]): boolean {
    this.#forgetOld();
    return this.#since.some(({ revocation }) => isMeant(revocation, principal, credentialIds));
  }

  #forgetOld(): void {
    const now = this.clock();
    this.#since = this.#since.filter(({ revocation: { revision }, at }) =>
      revision === undefined ? now - at < unnamedStandsMs : this.#inForce < revision,
    );
  }
}

/** Everybody a session hangs on: an agent is its service account too, and works for a person. */
function namesOf(principal: Principal): string[] {
  const account = principal.type === 'Agent' ? [principalRef({ ...principal, type: 'ServiceAccount' })] : [];
  return [principalRef(principal), ...account, ...(principal.actsFor ? namesOf(principal.actsFor) : [])];
}
