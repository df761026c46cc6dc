import type { ApiObject } from '@sallyport/policy';
import { isAdministrator } from '@sallyport/policy';
import { isDeepStrictEqual } from 'node:util';
import type { ApiJudge } from '../../platform/auth/api-judge.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { administrationOf } from './administration.js';
import { apiObject, collectionOf } from './api-objects.js';
import type { StoredObject, StoredSpecs } from './configuration.js';
import { Configuration, objectKey } from './configuration.js';
import type { Edit } from './edit.js';
import { addedSshKeys } from './ssh-key-rules.js';
import { storedSpec } from './stored-spec.js';

/**
 * Whether this caller may make these edits, each by its own kind and verb, on the object as it was and as it would be. What
 * would stay as it is counts as an update: to say that something is so already must need a right too.
 * @throws ProblemError 403; nothing has been read of secrets then.
 */
export function judgeEdits(
  current: Configuration,
  edits: readonly Edit[],
  { caller, judge }: { readonly caller: CallerIdentity; readonly judge: ApiJudge },
): void {
  const next = resulting(current, edits);
  for (const edit of edits) {
    const { kind, name } = edit.op === 'put' ? edit.manifest : edit;
    const before = edit.op === 'put' && edit.mode === 'create' ? undefined : current.get(kind, name);
    const after = edit.op === 'put' ? next.get(kind, name) : undefined;
    const verb = edit.op === 'delete' ? 'delete' : before || edit.mode === 'replace' ? 'update' : 'create';
    const may = (object: ApiObject) => judge(caller, verb, collectionOf[kind], object);
    const states = [before && apiObject(before, current), after && apiObject(after, next)].filter((state) => !!state);
    const judged = states.length > 0 ? states : [{ name, kind }];
    if (!judged.every(may)) throw refused(verb, kind, name);
    if (kind === 'ServiceAccount' && after && !mayName(after, { before, caller, may, facts: apiObject(after, next) })) {
      throw refused('name this owner of', kind, name);
    }
    if (kind === 'ServiceAccount' && addedSshKeys(before, after).length > 0) {
      const mayAdd = (object: ApiObject) => judge(caller, 'create', 'service-account-keys', keyOf(object, after!));
      if (!states.every(mayAdd)) throw refused('add keys to', kind, name);
    }
  }
  if (isAdministrator(caller.principal)) return;
  if (isDeepStrictEqual(administrationOf(current), administrationOf(next))) return;
  throw new ProblemError(403, 'forbidden', 'Only an administrator may change who administers, and by which rules.');
}

/** An account made by an account that has an owner is that owner's too, unless it names another. */
export function withInheritedOwner(edit: Edit, current: Configuration, { principal }: CallerIdentity): Edit {
  if (edit.op !== 'put' || edit.manifest.kind !== 'ServiceAccount') return edit;
  const { name, spec } = edit.manifest;
  if (spec.owner !== undefined || principal.owner === undefined || current.get('ServiceAccount', name)) return edit;
  return { ...edit, manifest: { ...edit.manifest, spec: { ...spec, owner: principal.owner } } };
}

/** What rules see of a key that is made for an account: it ends with the account. */
function keyOf({ lifetimeSeconds: _, ...facts }: ApiObject, account: StoredObject): ApiObject {
  const { expiresAt } = account.spec as StoredSpecs['ServiceAccount'];
  const lifetime = expiresAt !== null && { lifetimeSeconds: (Date.parse(expiresAt) - Date.now()) / 1000 };
  return { ...facts, kind: 'Key', ...lifetime };
}

/** No owner is written like this. */
const nobody = '\u0000';

/**
 * An owner answers for an account and may not approve what it asks, so whoever makes one may not lay it at any door: a rule
 * that would let any owner pass says nothing of owners, and then only one's own counts.
 */
function mayName(
  after: StoredObject,
  around: {
    readonly before: StoredObject | undefined;
    readonly caller: CallerIdentity;
    readonly may: (object: ApiObject) => boolean;
    readonly facts: ApiObject;
  },
): boolean {
  const { before, caller, may, facts } = around;
  const ownerOf = (object: StoredObject | undefined) =>
    (object?.spec as StoredSpecs['ServiceAccount'] | undefined)?.owner;
  const { principal } = caller;
  const owner = ownerOf(after);
  if (isAdministrator(principal) || owner === null || owner === ownerOf(before)) return true;
  const own = principal.type === 'User' ? [principal.id, `User::${principal.id}`] : [principal.owner];
  return own.includes(owner) || !may({ ...facts, owner: nobody });
}

/** Everything declared, as these edits would leave it. */
function resulting(current: Configuration, edits: readonly Edit[]): Configuration {
  const objects = new Map(current.all().map((object) => [objectKey(object.kind, object.name), object]));
  const now = new Date();
  for (const edit of edits) {
    const { kind, name } = edit.op === 'put' ? edit.manifest : edit;
    const key = objectKey(kind, name);
    const before = current.get(kind, name);
    if (edit.op === 'delete') objects.delete(key);
    else {
      const spec = storedSpec(edit.manifest, before);
      const times = { createdAt: before?.createdAt ?? now, updatedAt: now };
      objects.set(key, { kind, name, spec, version: 0, origin: edit.origin, ...times });
    }
  }
  return new Configuration(objects.values());
}

function refused(verb: string, kind: string, name: string): ProblemError {
  return new ProblemError(403, 'forbidden', `Your identity may not ${verb} ${kind} ${name}.`);
}
