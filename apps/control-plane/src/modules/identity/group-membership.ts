export interface MemberList {
  readonly name: string;
  /** `ServiceAccount::ci`, `User::alice`, `Group::other`. */
  readonly members: readonly string[];
}

/** Groups as declared and the groups that accounts name for themselves, as one list. Sorted, without repetition. */
export function mergeGroups(
  groups: readonly MemberList[],
  accounts: readonly { readonly name: string; readonly groups: readonly string[] }[],
): MemberList[] {
  const merged = new Map<string, Set<string>>();
  const membersOf = (name: string): Set<string> => {
    const members = merged.get(name) ?? new Set<string>();
    merged.set(name, members);
    return members;
  };
  for (const { name, members } of groups) {
    const into = membersOf(name);
    for (const member of members) into.add(member);
  }
  for (const account of accounts)
    for (const group of account.groups) membersOf(group).add(`ServiceAccount::${account.name}`);
  return [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => ({ name, members: [...members].sort() }));
}

/**
 * Every group that holds a principal, those that hold its groups included. Cycles are harmless. Sorted.
 * @param claimed groups that it is in by its claims, whoever they list.
 */
export function groupsOf(ref: string, groups: readonly MemberList[], claimed: readonly string[] = []): string[] {
  const found = new Set<string>(claimed);
  const open = [ref, ...claimed.map((name) => `Group::${name}`)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { name, members } of groups) {
      if (found.has(name) || !members.includes(next)) continue;
      found.add(name);
      open.push(`Group::${name}`);
    }
  }
  return [...found].sort();
}
