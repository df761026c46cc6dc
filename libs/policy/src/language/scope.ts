/** An entity's name with its type, e.g. `Table::shop/public.orders`. No type name holds a colon, so it is unambiguous. */
export type Uid = string;

export interface EntityName {
  readonly type: string;
  readonly id: string;
}
export function uid({ type, id }: EntityName): Uid {
  return `${type}::${id}`;
}

/** What a statement says about its principal or resource before any condition. */
export type EntityScope =
  | { readonly op: 'any' }
  | { readonly op: 'equal' | 'in'; readonly entity: EntityName; readonly uid: Uid }
  | { readonly op: 'is'; readonly type: string; readonly within?: { readonly entity: EntityName; readonly uid: Uid } };

/** The actions a statement names, single ones and groups; undefined is every action. */
export type ActionScope = ReadonlySet<string> | undefined;

/** An entity with everything it is in, itself included. */
export interface EntityNode extends EntityName {
  readonly uid: Uid;
  readonly within: ReadonlySet<Uid>;
}

/** Cedar's own rule for a scope: `==` is identity, `in` reaches over ancestors and itself. */
export function scopeHolds(scope: EntityScope, node: EntityNode): boolean {
  switch (scope.op) {
    case 'any':
      return true;
    case 'equal':
      return scope.uid === node.uid;
    case 'in':
      return node.within.has(scope.uid);
    case 'is':
      return scope.type === node.type && (scope.within === undefined || node.within.has(scope.within.uid));
  }
}
