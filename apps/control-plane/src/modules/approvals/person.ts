import type { Principal } from '@sallyport/domain';

/**
 * Who stands behind a principal. Two principals are the same person when one is the other or answers for it, or when both
 * answer to the same owner, so the requester never approves through a second account.
 */
export type Account = Pick<Principal, 'type' | 'id' | 'owner'>;

/** The person that a decision counts for: the owner of an account that has one, else the principal itself. */
export function personOf(account: Account): string {
  const own = `${account.type}::${account.id}`;
  return fold(account.owner ? ownerRef(account.owner) : own);
}

export function isSamePerson(a: Account, b: Account): boolean {
  const names = pathsOf(a);
  return pathsOf(b).some((name) => names.includes(name));
}

function pathsOf(account: Account): string[] {
  return [fold(`${account.type}::${account.id}`), personOf(account)];
}

/** An owner is written as a person's name, or as a whole reference such as `ServiceAccount::ops`. */
function ownerRef(owner: string): string {
  return owner.includes('::') ? owner : `User::${owner}`;
}

/** Identity providers disagree on the case of e-mail addresses; here, looking alike is being the same (it only refuses). */
function fold(ref: string): string {
  return ref.normalize('NFKC').toLowerCase();
}
