import type { PolicySnapshot } from '@sallyport/gateway-contract';

export interface KnownKey {
  readonly id: string;
  /** Name of the service account. */
  readonly account: string;
  /** Milliseconds since the epoch; Infinity when it never ends. */
  readonly expiresAt: number;
}
export interface KnownAccount {
  readonly name: string;
  readonly owner: string | undefined;
  readonly disabled: boolean;
  /** As of keys. */
  readonly expiresAt: number;
}
/** Whom a registered SSH key proves. */
export interface SshKeyHolder {
  readonly kind: 'User' | 'ServiceAccount';
  readonly name: string;
}
export interface KnownUser {
  readonly name: string;
  readonly disabled: boolean;
}
export interface KnownLogin {
  readonly user: string;
  readonly expiresAt: number;
  readonly groups: readonly string[];
}
export type KnownIssuer = PolicySnapshot['trustedIssuers'][number];
type ClaimGroup = PolicySnapshot['claimGroups'][number];
interface KnownGrant {
  readonly role: string;
  readonly resources: ReadonlySet<string>;
  readonly expiresAt: number;
}

/** Roles that hold now, and until when: no longer than the first grant among them. Milliseconds since the epoch. */
export interface RolesNow {
  readonly roles: readonly string[];
  readonly until: number;
}

/** Everybody that one revision knows, indexed once: each question costs the same however many there are. */
export class Directory {
  readonly #keysByHash = new Map<string, KnownKey>();
  readonly #keysById = new Map<string, KnownKey>();
  readonly #accounts = new Map<string, KnownAccount>();
  readonly #users = new Map<string, KnownUser>();
  readonly #logins = new Map<string, KnownLogin>();
  /** By issuer, then subject; null where two people claim to be the same one. */
  readonly #identities = new Map<string, Map<string, KnownUser | null>>();
  /** By base64 of the key's bytes, which name its type themselves; null where two have the same one. */
  readonly #sshKeys = new Map<string, SshKeyHolder | null>();
  readonly #issuers = new Map<string, KnownIssuer>();
  readonly #claimGroups = new Map<string, ClaimGroup[]>();
  readonly #rolesOf = new Map<string, string[]>();
  readonly #grantsOf = new Map<string, KnownGrant[]>();
  readonly #revokedTokens: ReadonlySet<string>;

  constructor(snapshot: PolicySnapshot) {
    for (const account of snapshot.serviceAccounts) this.#addAccount(account);
    for (const user of snapshot.users) this.#addUser(user);
    for (const issuer of snapshot.trustedIssuers) this.#issuers.set(issuer.name, issuer);
    for (const rule of snapshot.claimGroups) listIn(this.#claimGroups, rule.issuer).push(rule);
    for (const { name, members } of snapshot.roles)
      for (const member of members) listIn(this.#rolesOf, member).push(name);
    const roles = new Set(snapshot.roles.map(({ name }) => name));
    for (const { principal, role, resources, expiresAt } of snapshot.grants) {
      // Of a role that is gone nothing can be held.
      if (!roles.has(role)) continue;
      listIn(this.#grantsOf, principal).push({ role, resources: new Set(resources), expiresAt: instant(expiresAt) });
    }
    this.#revokedTokens = new Set(snapshot.revokedTokens);
  }

  /** @param hash SHA-256 of the key's text, hex. */
  keyByHash(hash: string): KnownKey | undefined {
    return this.#keysByHash.get(hash);
  }

  keyById(id: string): KnownKey | undefined {
    return this.#keysById.get(id);
  }

  account(name: string): KnownAccount | undefined {
    return this.#accounts.get(name);
  }

  user(name: string): KnownUser | undefined {
    return this.#users.get(name);
  }

  login(id: string): KnownLogin | undefined {
    return this.#logins.get(id);
  }

  /** The person whom this issuer calls that. */
  userKnownAs(issuer: string, subject: string): KnownUser | undefined {
    return this.#identities.get(issuer)?.get(subject) ?? undefined;
  }

  /** @param key base64 of RFC 4253 §6.6. */
  sshKeyHolder(key: string): SshKeyHolder | undefined {
    return this.#sshKeys.get(key) ?? undefined;
  }

  issuer(name: string): KnownIssuer | undefined {
    return this.#issuers.get(name);
  }

  claimGroupsOf(issuer: string): readonly ClaimGroup[] {
    return this.#claimGroups.get(issuer) ?? [];
  }

  isRevoked(tokenId: string): boolean {
    return this.#revokedTokens.has(tokenId);
  }

  /**
   * Standing roles of the principal and its groups, and on this resource those granted for a while.
   * @param refs how the principal is called, e.g. `User::alice`.
   */
  roles(refs: readonly string[], groups: readonly string[], resource: string | undefined, now: number): RolesNow {
    const found = new Set<string>();
    let until = Infinity;
    for (const ref of [...refs, ...groups.map((group) => `Group::${group}`)])
      for (const role of this.#rolesOf.get(ref) ?? []) found.add(role);
    for (const ref of refs) {
      for (const grant of this.#grantsOf.get(ref) ?? []) {
        if (resource === undefined || !grant.resources.has(resource) || !(now < grant.expiresAt)) continue;
        found.add(grant.role);
        until = Math.min(until, grant.expiresAt);
      }
    }
    return { roles: [...found].sort(), until };
  }

  #addAccount(account: PolicySnapshot['serviceAccounts'][number]): void {
    const { name, owner, disabled, expiresAt, keys, sshKeys } = account;
    this.#addSshKeys({ kind: 'ServiceAccount', name }, sshKeys);
    this.#accounts.set(name, { name, owner, disabled, expiresAt: instant(expiresAt) });
    for (const key of keys) {
      const known = { id: key.id, account: name, expiresAt: instant(key.expiresAt) };
      this.#keysByHash.set(key.hash, known);
      this.#keysById.set(key.id, known);
    }
  }

  #addUser({ name, disabled, identities, logins, sshKeys }: PolicySnapshot['users'][number]): void {
    this.#addSshKeys({ kind: 'User', name }, sshKeys);
    const user = { name, disabled };
    this.#users.set(name, user);
    for (const { issuer, subject } of identities) {
      const bySubject = this.#identities.get(issuer) ?? new Map<string, KnownUser | null>();
      this.#identities.set(issuer, bySubject);
      const before = bySubject.get(subject);
      bySubject.set(subject, before === undefined || before === user ? user : null);
    }
    for (const { id, expiresAt, groups } of logins)
      this.#logins.set(id, { user: name, expiresAt: instant(expiresAt), groups });
  }

  #addSshKeys(holder: SshKeyHolder, keys: readonly string[] = []): void {
    for (const line of keys) {
      const key = line.slice(line.indexOf(' ') + 1);
      this.#sshKeys.set(key, this.#sshKeys.has(key) ? null : holder);
    }
  }
}

/** Null is never. What cannot be read is long past. */
function instant(text: string | null): number {
  if (text === null) return Infinity;
  const time = Date.parse(text);
  return Number.isNaN(time) ? -Infinity : time;
}

function listIn<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}
