import { uid } from '../language/scope.js';

export interface GroupMembers {
  readonly name: string;
  /** `User::alice`, `ServiceAccount::ci`, `Agent::x`, `Group::other`. */
  readonly members: readonly string[];
}

/** Who is in which group, groups inside groups included. Cycles are harmless. */
export class GroupMembership {
  readonly #groupsOf = new Map<string, string[]>();

  constructor(groups: readonly GroupMembers[]) {
    for (const { name, members } of groups) {
      for (const member of members) {
        const list = this.#groupsOf.get(member);
        if (list) list.push(name);
        else this.#groupsOf.set(member, [name]);
      }
    }
  }

  /** Every group that holds `ref` or one of the groups it is known to be in already, those included. Sorted. */
  resolve(ref: string, known: readonly string[] = []): string[] {
    const found = new Set(known);
    const open = [ref, ...known.map((id) => uid({ type: 'Group', id }))];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const group of this.#groupsOf.get(next) ?? []) {
        if (found.has(group)) continue;
        found.add(group);
        open.push(uid({ type: 'Group', id: group }));
      }
    }
    return [...found].sort();
  }
}
