import type { Manifest, ManifestChange, ManifestKind } from '@sallyport/api-contract';
import { isDeepStrictEqual } from 'node:util';
import { requireMatch } from '../../platform/http/etag.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { Configuration, Origin, StoredObject, StoredSpecs } from './configuration.js';
import { objectKey } from './configuration.js';
import type { Edit, ObjectIssue } from './edit.js';
import { InvalidConfiguration } from './edit.js';
import type { ReadSecret } from './password-source.js';
import { storedSpec } from './stored-spec.js';

/** One edit, worked out against what is stored. */
export interface PlannedChange {
  readonly kind: ManifestKind;
  readonly name: string;
  readonly change: ManifestChange['change'];
  readonly before: StoredObject | undefined;
  /** Absent for a deletion. */
  readonly after?: { readonly spec: StoredSpecs[ManifestKind]; readonly origin: Origin };
  /** A resource's password, where it is to be stored. */
  readonly password?: string;
}

/** What a plan needs to know of secrets, without holding them all. */
export interface PasswordFacts {
  read(source: NonNullable<Extract<Manifest, { kind: 'Resource' }>['spec']['credential']['password']>): ReadSecret;
  /** The stored password of a resource. */
  stored(resource: string): string | undefined;
}

/**
 * Works a list of edits out. Pure but for reading password sources.
 * @throws ProblemError 404, 409 or 412 for what cannot be done, InvalidConfiguration for what is wrong in itself.
 */
export function planChanges(current: Configuration, edits: readonly Edit[], passwords: PasswordFacts): PlannedChange[] {
  const issues: ObjectIssue[] = [];
  const seen = new Set<string>();
  const planned = edits.map((edit) => {
    const { kind, name } = edit.op === 'put' ? edit.manifest : edit;
    if (seen.has(objectKey(kind, name)))
      issues.push({ kind, name, path: 'name', reason: `${kind} ${name} is declared twice` });
    seen.add(objectKey(kind, name));
    const before = current.get(kind, name);
    if (edit.op === 'put') return planPut(edit, before, { passwords, issues });
    if (!before) throw notFound(kind, name);
    requireMatch(edit.ifMatch, before.version);
    return { kind, name, change: 'deleted', before } as const;
  });
  if (issues.length > 0) throw new InvalidConfiguration(issues);
  return planned;
}

export function notFound(kind: string, name: string): ProblemError {
  return new ProblemError(404, 'not-found', `There is no ${kind} ${name}.`);
}

interface Surroundings {
  readonly passwords: PasswordFacts;
  readonly issues: ObjectIssue[];
}

function planPut(
  edit: Extract<Edit, { op: 'put' }>,
  before: StoredObject | undefined,
  around: Surroundings,
): PlannedChange {
  const { kind, name } = edit.manifest;
  if (edit.mode === 'create' && before)
    throw new ProblemError(409, 'already-exists', `There is a ${kind} ${name} already.`);
  if (edit.mode === 'replace' && !before) throw notFound(kind, name);
  if (before) requireMatch(edit.ifMatch, before.version);
  const spec = storedSpec(edit.manifest, before);
  const password = edit.manifest.kind === 'Resource' ? newPassword(edit.manifest, before, around) : undefined;
  // What a manifest has once declared stays its own, whoever changes it later.
  const origin = before?.origin === 'manifest' ? 'manifest' : edit.origin;
  const same =
    before !== undefined && password === undefined && origin === before.origin && isDeepStrictEqual(spec, before.spec);
  return {
    ...{ kind, name, before, change: before === undefined ? 'created' : same ? 'unchanged' : 'updated' },
    after: { spec, origin },
    ...(password !== undefined && { password }),
  };
}

/** The password to store; undefined where the stored one stays. */
function newPassword(
  { name, spec }: Extract<Manifest, { kind: 'Resource' }>,
  before: StoredObject | undefined,
  { passwords, issues }: Surroundings,
): string | undefined {
  const issue = (reason: string): undefined => {
    issues.push({ kind: 'Resource', name, path: 'spec.credential.password', reason });
  };
  const source = spec.credential.password;
  if (source !== undefined) {
    const read = passwords.read(source);
    if (!read.ok) return issue(read.reason);
    return before && passwords.stored(name) === read.secret ? undefined : read.secret;
  }
  if (!before) return issue('is required');
  // Otherwise whoever may change a resource could have its password sent to a server of their own.
  const stored = before.spec as StoredSpecs['Resource'];
  const moved =
    !isDeepStrictEqual(endpoint(stored), endpoint(spec)) || stored.credential.username !== spec.credential.username;
  return moved ? issue('must be given again when the upstream or the user name changes') : undefined;
}

function endpoint({ upstream }: Pick<StoredSpecs['Resource'], 'upstream'>): unknown[] {
  const { host, port, tls, ca, serverName } = upstream;
  return [host, port, tls, ca, serverName];
}
