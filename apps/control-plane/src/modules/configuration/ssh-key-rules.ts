import { withoutComment } from '@sallyport/api-contract';
import type { Configuration, StoredObject } from './configuration.js';
import { objectKey } from './configuration.js';
import type { ObjectIssue } from './edit.js';
import type { PlannedChange } from './plan.js';

const kinds = ['User', 'ServiceAccount'] as const;
interface Holder {
  readonly kind: (typeof kinds)[number];
  readonly name: string;
  readonly keys: readonly string[];
}

/** A key says who somebody is: of two who have it registered, each would be the other. */
export function sshKeyIssues(planned: readonly PlannedChange[], current: Configuration): ObjectIssue[] {
  const changed = planned.flatMap((change): Holder[] => (isHolder(change) ? [holderOf(change, change.after)] : []));
  if (!changed.some(({ keys }) => keys.length > 0)) return [];
  const touched = new Set(changed.map(({ kind, name }) => objectKey(kind, name)));
  const kept = kinds
    .flatMap((kind): StoredObject<'User' | 'ServiceAccount'>[] => current.list(kind))
    .filter(({ kind, name }) => !touched.has(objectKey(kind, name)))
    .map((object) => holderOf(object, object));
  const holders = new Map<string, Holder>();
  const issues: ObjectIssue[] = [];
  // Those that stay as they are first, so that what is new is what is wrong.
  for (const holder of [...kept, ...changed]) {
    const { kind, name, keys } = holder;
    for (const [at, text] of keys.entries()) {
      const key = withoutComment(text);
      const other = holders.get(key);
      if (!other) holders.set(key, holder);
      else {
        const reason = other === holder ? 'is listed twice' : `is registered to ${other.kind} ${other.name} already`;
        issues.push({ kind, name, path: `spec.sshKeys.${at}`, reason });
      }
    }
  }
  return issues;
}

/** The keys of one edit that the object did not have before. */
export function addedSshKeys(before: StoredObject | undefined, after: StoredObject | undefined): string[] {
  const known = new Set(keysOf(before).map(withoutComment));
  return keysOf(after).filter((key) => !known.has(withoutComment(key)));
}

function isHolder<T extends { readonly kind: StoredObject['kind'] }>(object: T): object is T & Pick<Holder, 'kind'> {
  return object.kind === 'User' || object.kind === 'ServiceAccount';
}

function holderOf({ kind, name }: Pick<Holder, 'kind' | 'name'>, state: Parameters<typeof keysOf>[0]): Holder {
  return { kind, name, keys: keysOf(state) };
}

function keysOf(object: { readonly spec: unknown } | undefined): readonly string[] {
  return (object?.spec as { readonly sshKeys?: readonly string[] } | undefined)?.sshKeys ?? [];
}
