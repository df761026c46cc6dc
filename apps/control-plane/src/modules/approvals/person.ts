import { principalRef, type Principal } from '@sallyport/domain';

/** What says that two names are one person. */
export interface KnownNames {
  readonly users: readonly { readonly name: string; readonly email: string | null }[];
  readonly accounts: readonly { readonly name: string; readonly owner: string | null }[];
}

/** As much of a principal as tells who stands behind it. */
export type Standing = Pick<Principal, 'type' | 'id' | 'owner'> & { readonly actsFor?: Standing };

/**
 * Who stands behind whom: people, the accounts they own, the agents that act for them, and other users with the same
 * e-mail address, over any number of steps. Being the same only ever refuses: it takes away a say, and never gives one.
 * Names are compared as people read them, since whoever looks alike may be alike.
 */
export class People {
  /** Towards the name that stands for all that are one person. */
  readonly #toward = new Map<string, string>();

  constructor({ users, accounts }: KnownNames) {
    for (const { name, email } of users) if (email !== null) this.#join(userNode(name), userNode(email));
    for (const { name, owner } of accounts) if (owner !== null) this.#join(accountNode(name), ownerNode(owner));
  }

  /** Everybody who may stand behind any of these, e.g. one principal as it was and as it is now. */
  behind(...principals: readonly Standing[]): ReadonlySet<string> {
    return new Set(principals.flatMap((principal) => namesOf(principal).map((name) => this.#rootOf(name))));
  }

  isSame(a: Standing, b: Standing): boolean {
    return meet(this.behind(a), this.behind(b));
  }

  /** The one that a decision counts for: whom an agent acts for, else the owner, else the principal itself. */
  personOf({ type, id, owner, actsFor }: Standing): string {
    if (actsFor) return this.personOf(actsFor);
    return this.#rootOf(owner === undefined ? nodeOf({ type, id }) : ownerNode(owner));
  }

  /** For each principal a key; whoever may be the same person, also through a third, has the same. */
  tellApart(principals: readonly Standing[]): string[] {
    const together = new People({ users: [], accounts: [] });
    const behind = principals.map((principal) => [...this.behind(principal)]);
    for (const [first, ...others] of behind) for (const other of others) together.#join(first!, other);
    return behind.map(([first]) => together.#rootOf(first!));
  }

  #join(a: string, b: string): void {
    const [one, other] = [this.#rootOf(a), this.#rootOf(b)];
    if (one === other) return;
    // The same name whatever the order of the facts, and a user's rather than an account's.
    const [root, leaf] = rank(one) < rank(other) ? [one, other] : [other, one];
    this.#toward.set(leaf, root);
  }

  #rootOf(name: string): string {
    let root = name;
    for (let next = this.#toward.get(root); next !== undefined; next = this.#toward.get(root)) root = next;
    if (root !== name) this.#toward.set(name, root);
    return root;
  }
}

export function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((name) => b.has(name));
}

function namesOf(principal: Standing): string[] {
  const { owner, actsFor } = principal;
  return [
    nodeOf(principal),
    ...(owner === undefined ? [] : [ownerNode(owner)]),
    ...(actsFor === undefined ? [] : namesOf(actsFor)),
  ];
}

/** An agent is the service account that proves it, at work for somebody. */
function nodeOf({ type, id }: Pick<Standing, 'type' | 'id'>): string {
  return fold(principalRef({ type: type === 'Agent' ? 'ServiceAccount' : type, id }));
}

function userNode(name: string): string {
  return fold(`User::${name}`);
}

function accountNode(name: string): string {
  return fold(`ServiceAccount::${name}`);
}

/** An owner is written as a person's name or e-mail address, or as a whole reference such as `ServiceAccount::ops`. */
function ownerNode(owner: string): string {
  const reference = /^(User|ServiceAccount|Agent)::(.+)$/.exec(owner);
  return reference ? nodeOf({ type: reference[1] as Principal['type'], id: reference[2]! }) : userNode(owner);
}

function rank(name: string): string {
  return name.startsWith('user::') ? `0${name}` : `1${name}`;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
