import type { Manifest, ManifestChange, ManifestKind, SecretSource } from '@sallyport/api-contract';
import { isDeepStrictEqual } from 'node:util';
import { requireMatch } from '../../platform/http/etag.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { Configuration, Origin, StoredObject, StoredSpecs } from './configuration.js';
import { objectKey } from './configuration.js';
import type { Edit, ObjectIssue } from './edit.js';
import { InvalidConfiguration } from './edit.js';
import { declaredSecret, hasMoved } from './object-secrets.js';
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
  /** The object's secret, where it is to be stored. */
  readonly secret?: string;
}

/** What a plan needs to know of secrets, without holding them all. */
export interface SecretFacts {
  read(source: SecretSource): ReadSecret;
  /** The stored secret of an object. */
  stored(kind: ManifestKind, name: string): string | undefined;
}

/**
 * Works a list of edits out. Pure but for reading secret sources.
 * @throws ProblemError 404, 409 or 412 for what cannot be done, InvalidConfiguration for what is wrong in itself.
 */
export function planChanges(current: Configuration, edits: readonly Edit[], secrets: SecretFacts): PlannedChange[] {
  const issues: ObjectIssue[] = [];
  const seen = new Set<string>();
  const planned = edits.map((edit) => {
    const { kind, name } = edit.op === 'put' ? edit.manifest : edit;
    if (seen.has(objectKey(kind, name)))
      issues.push({ kind, name, path: 'name', reason: `${kind} ${name} is declared twice` });
    seen.add(objectKey(kind, name));
    const before = current.get(kind, name);
    if (edit.op === 'put') return planPut(edit, before, { secrets, issues });
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
  readonly secrets: SecretFacts;
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
  const secret = newSecret(edit.manifest, before, around);
  // What a manifest has once declared stays its own, whoever changes it later.
  const origin = before?.origin === 'manifest' ? 'manifest' : edit.origin;
  const same =
    before !== undefined && secret === undefined && origin === before.origin && isDeepStrictEqual(spec, before.spec);
  return {
    ...{ kind, name, before, change: before === undefined ? 'created' : same ? 'unchanged' : 'updated' },
    after: { spec, origin },
    ...(secret !== undefined && { secret }),
  };
}

/** The secret to store; undefined where the stored one stays, or there is none. */
function newSecret(
  manifest: Manifest,
  before: StoredObject | undefined,
  { secrets, issues }: Surroundings,
): string | undefined {
  const declared = declaredSecret(manifest);
  if (!declared) return undefined;
  const { kind, name } = manifest;
  const issue = (reason: string): undefined => {
    issues.push({ kind, name, path: declared.path, reason });
  };
  if (declared.source !== undefined) {
    const read = secrets.read(declared.source);
    if (!read.ok) return issue(read.reason);
    return before && secrets.stored(kind, name) === read.secret ? undefined : read.secret;
  }
  if (!before) return declared.isRequired ? issue('is required') : undefined;
  const mustStay = declared.isRequired || secrets.stored(kind, name) !== undefined;
  return mustStay && hasMoved(declared, before)
    ? issue(`must be given again when ${declared.holderWords} changes`)
    : undefined;
}
