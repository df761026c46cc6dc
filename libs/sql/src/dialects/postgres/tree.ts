import type { Node, RangeVar, TypeName } from '@pgsql/types';
import { Refusal } from './refusal.js';

type KeyOfEach<U> = U extends unknown ? keyof U : never;
/** Names of the grammar's node types. */
export type NodeKind = KeyOfEach<Node>;
export type NodeOf<K extends NodeKind> = Extract<Node, Record<K, unknown>>[K];

/** The one key of a node says what it is. */
export function kindOf(node: Node): NodeKind {
  for (const key in node) return key as NodeKind;
  throw new Refusal('the statement has an empty part');
}

/** The node's body when it is of that kind. */
export function as<K extends NodeKind>(node: Node | undefined, kind: K): NodeOf<K> | undefined {
  return node === undefined ? undefined : ((node as Record<string, unknown>)[kind] as NodeOf<K> | undefined);
}

/** Text of a String node; undefined for any other. */
export function stringOf(node: Node | undefined): string | undefined {
  const body = as(node, 'String');
  return body === undefined ? undefined : (body.sval ?? '');
}

/** Dotted names such as a function's or a type's. Refuses anything but plain names. */
export function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => {
    const name = stringOf(node);
    if (name === undefined) throw new Refusal('a name has an unexpected form');
    return name;
  });
}

/** True for a RangeVar even where the grammar embeds it without its kind. */
export function isRangeVar(value: object): value is RangeVar {
  return 'relname' in value && 'relpersistence' in value;
}

export interface TreeVisitor {
  /** A node with its kind. Return false to leave its inside alone. */
  node(kind: string, body: object): boolean;
  /** A RangeVar that the grammar embeds without its kind. */
  rangeVar(body: RangeVar): void;
  /** Every type name, embedded or not. */
  typeName(body: TypeName): void;
  /** Every text outside of constants, under its field: names for the most part. */
  text?(value: string, field: string): void;
}

/** Deepest parse tree that is analysed, in nested objects; the analysis recurses, so this bounds its stack. */
const maxTreeDepth = 1200;

/** Visits every object of a parse tree without recursion. Throws Refusal on one that is too deep. */
export function walkTree(root: unknown, visitor: TreeVisitor): void {
  const values: object[] = [];
  const depths: number[] = [];
  if (typeof root === 'object' && root !== null) {
    values.push(root);
    depths.push(0);
  }
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    const depth = depths.pop()! + 1;
    if (depth > maxTreeDepth) throw new Refusal('the statement is nested too deeply');
    const isList = Array.isArray(value);
    for (const key in value) {
      const inner = (value as Record<string, unknown>)[key];
      if (typeof inner === 'string') visitor.text?.(inner, key);
      if (typeof inner !== 'object' || inner === null) continue;
      if (!isList && !Array.isArray(inner) && !enter(key, inner, visitor)) continue;
      values.push(inner);
      depths.push(depth);
    }
  }
}

function enter(key: string, inner: object, visitor: TreeVisitor): boolean {
  if (key === 'A_Const') return false; // constants hold nothing, and long lists are made of them
  if (key === 'TypeName' || key === 'typeName' || key === 'returnType') {
    visitor.typeName(inner as TypeName);
    return true;
  }
  const first = key.charCodeAt(0);
  if (first >= 0x41 && first <= 0x5a) return visitor.node(key, inner);
  if (isRangeVar(inner)) visitor.rangeVar(inner);
  return true;
}
