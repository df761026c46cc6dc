import type { FieldSetOptions } from './field-set.js';
import { describePath, fieldValues, fromFieldsV1, removePath, toFieldsV1 } from './field-set.js';
import type { KubernetesObject, ManagedFields } from './kubernetes-object.js';
import { isRecord, sameJson, timestamp } from './kubernetes-object.js';
import { isAtomicMap, isSet, listMapKeysOf } from './list-keys.js';
import type { StatusCause } from './status-error.js';
import { StatusError } from './status-error.js';

export interface Manager {
  readonly name: string;
  readonly subresource?: string;
  readonly fields: FieldSetOptions;
}
interface Owner {
  readonly entry: ManagedFields;
  readonly paths: Set<string>;
}

/** Who owns what after a create or an update: the manager owns what changed, nobody else does any more. */
export function manageUpdate(next: KubernetesObject, previous: KubernetesObject | undefined, manager: Manager): void {
  const before = previous ? fieldValues(previous, manager.fields) : new Map<string, string>();
  const after = fieldValues(next, manager.fields);
  const changed = [...after].filter(([path, value]) => before.get(path) !== value).map(([path]) => path);
  const owners = ownersOf(next);
  for (const { paths } of owners) {
    for (const path of paths) if (!after.has(path)) paths.delete(path);
    for (const path of changed) paths.delete(path);
  }
  const own = ownerOf(owners, 'Update', manager, next.apiVersion);
  for (const path of changed) own.paths.add(path);
  setOwners(next, owners, changed.length ? own : undefined);
}

/**
 * Server-side apply: merges a configuration into the live object.
 * @throws StatusError 409 that names the fields others own with other values
 */
export function applyConfiguration(
  live: KubernetesObject | undefined,
  configuration: KubernetesObject,
  manager: Manager & { readonly force: boolean },
): KubernetesObject {
  const applied = fieldValues(configuration, manager.fields);
  const current = live ? fieldValues(live, manager.fields) : new Map<string, string>();
  const merged = structuredClone(merge(live ?? {}, configuration, '', manager.fields)) as KubernetesObject;
  if (live) merged.metadata = { ...merged.metadata, managedFields: live.metadata.managedFields };
  const owners = ownersOf(merged);
  const own = ownerOf(owners, 'Apply', manager, configuration.apiVersion);
  const conflicts: StatusCause[] = [];
  for (const other of owners) {
    if (other === own) continue;
    for (const [path, value] of applied) {
      if (!other.paths.has(path) || current.get(path) === value) continue;
      if (manager.force) other.paths.delete(path);
      else conflicts.push(conflict(other.entry, path));
    }
  }
  if (conflicts.length) throw conflictError(conflicts);
  const others = owners.filter((owner) => owner !== own);
  for (const path of own.paths) {
    if (!applied.has(path) && !others.some((owner) => owner.paths.has(path))) removePath(merged, path);
  }
  own.paths.clear();
  for (const path of applied.keys()) own.paths.add(path);
  setOwners(merged, owners, live && sameJson(merged, live) ? undefined : own);
  return merged;
}

function ownersOf(object: KubernetesObject): Owner[] {
  return (object.metadata.managedFields ?? []).map((entry) => ({ entry, paths: fromFieldsV1(entry.fieldsV1) }));
}

function ownerOf(owners: Owner[], operation: 'Apply' | 'Update', manager: Manager, apiVersion: string): Owner {
  const found = owners.find(
    ({ entry }) =>
      entry.manager === manager.name && entry.operation === operation && entry.subresource === manager.subresource,
  );
  if (found) return found;
  const made: Owner = {
    entry: {
      manager: manager.name,
      operation,
      apiVersion,
      time: timestamp(),
      fieldsType: 'FieldsV1',
      fieldsV1: {},
      ...(manager.subresource ? { subresource: manager.subresource } : {}),
    },
    paths: new Set(),
  };
  owners.push(made);
  return made;
}

/** @param touched the owner whose time is now */
function setOwners(object: KubernetesObject, owners: readonly Owner[], touched: Owner | undefined): void {
  const entries = owners
    .filter(({ paths }) => paths.size > 0)
    .map((owner) => ({
      ...owner.entry,
      ...(owner === touched ? { time: timestamp() } : {}),
      fieldsV1: toFieldsV1(owner.paths),
    }));
  object.metadata.managedFields = entries.length ? entries : undefined;
}

function merge(live: unknown, applied: unknown, field: string, options: FieldSetOptions): unknown {
  if (isRecord(applied) && isRecord(live) && !isAtomicMap(field)) {
    const result: Record<string, unknown> = { ...live };
    for (const [name, value] of Object.entries(applied)) {
      if (value === undefined) continue;
      result[name] = merge(live[name], value, name, options);
    }
    return result;
  }
  if (!Array.isArray(applied) || !Array.isArray(live) || options.atomicLists) return applied;
  if (isSet(field)) return [...live, ...applied.filter((item) => !live.includes(item))];
  const keys = listMapKeysOf(field, [...live, ...applied]);
  if (!keys) return applied;
  const result = [...(live as Record<string, unknown>[])];
  for (const item of applied as Record<string, unknown>[]) {
    const index = result.findIndex((candidate) =>
      keys.every((key) => (candidate[key] ?? 'TCP') === (item[key] ?? 'TCP')),
    );
    if (index < 0) result.push(item);
    else result[index] = merge(result[index], item, '', options) as Record<string, unknown>;
  }
  return result;
}

function conflict(entry: ManagedFields, path: string): StatusCause {
  const through = entry.subresource ? ` with subresource "${entry.subresource}"` : '';
  const message = `conflict with "${entry.manager}"${through} using ${entry.apiVersion}`;
  return { reason: 'FieldManagerConflict', message, field: describePath(path) };
}

function conflictError(causes: readonly StatusCause[]): StatusError {
  const [first] = causes;
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${first?.message}: ${first?.field}`
      : `Apply failed with ${causes.length} conflicts: ${causes.map((cause) => `${cause.message}:\n- ${cause.field}`).join('\n')}`;
  return new StatusError(409, 'Conflict', message, { causes });
}
