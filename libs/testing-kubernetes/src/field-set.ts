import type { JsonObject } from './kubernetes-object.js';
import { isRecord } from './kubernetes-object.js';
import { isAtomicMap, isSet, listMapKeysOf } from './list-keys.js';

/**
 * Fields as server-side apply names them: path elements such as `f:spec`, `k:{"name":"web"}` and `v:"x"`, joined to
 * one text, with the JSON of the value there.
 */
export type FieldValues = ReadonlyMap<string, string>;

const separator = '\u0000';
const unowned = new Set(
  'name namespace uid resourceVersion creationTimestamp generation managedFields selfLink deletionTimestamp deletionGracePeriodSeconds generateName'
    .split(' ')
    .map((name) => `f:metadata${separator}f:${name}`),
);

export interface FieldSetOptions {
  /** Custom resources: every list is one value. */
  readonly atomicLists: boolean;
}

export function fieldValues(object: object, options: FieldSetOptions): FieldValues {
  const found = new Map<string, string>();
  const visit = (value: unknown, field: string, path: string): void => {
    const keys = Array.isArray(value) && !options.atomicLists ? listMapKeysOf(field, value) : undefined;
    if (isRecord(value) && !isAtomicMap(field) && Object.keys(value).length) {
      for (const [name, inner] of Object.entries(value)) {
        const step = path === '' ? `f:${name}` : `${path}${separator}f:${name}`;
        if (inner !== undefined && !unowned.has(step)) visit(inner, name, step);
      }
    } else if (Array.isArray(value) && keys && value.length) {
      for (const item of value as Record<string, unknown>[]) {
        const key = Object.fromEntries(keys.map((name) => [name, item[name] ?? (name === 'protocol' ? 'TCP' : null)]));
        const step = `${path}${separator}k:${JSON.stringify(key)}`;
        found.set(`${step}${separator}.`, '');
        visit(item, '', step);
      }
    } else if (Array.isArray(value) && isSet(field)) {
      for (const item of value) found.set(`${path}${separator}v:${JSON.stringify(item)}`, '');
    } else found.set(path, JSON.stringify(value));
  };
  const { apiVersion: _, kind: __, ...rest } = object as Record<string, unknown>;
  visit(rest, '', '');
  return found;
}

/** The `fieldsV1` of these paths. */
export function toFieldsV1(paths: Iterable<string>): JsonObject {
  const root: Record<string, unknown> = {};
  for (const path of paths) {
    let node = root;
    for (const step of path.split(separator)) {
      const next = node[step];
      const child: Record<string, unknown> = isRecord(next) ? next : {};
      node[step] = child;
      node = child;
    }
  }
  return root as JsonObject;
}

export function fromFieldsV1(fields: unknown, prefix = ''): Set<string> {
  const paths = new Set<string>();
  if (!isRecord(fields)) return paths;
  for (const [step, inner] of Object.entries(fields)) {
    const path = prefix ? `${prefix}${separator}${step}` : step;
    const below = fromFieldsV1(inner, path);
    if (below.size === 0) paths.add(path);
    for (const nested of below) paths.add(nested);
  }
  return paths;
}

/** `.spec.containers[name="web"].image`, as conflicts are told. */
export function describePath(path: string): string {
  return path
    .split(separator)
    .filter((step) => step !== '.')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const key = JSON.parse(step.slice(2)) as Record<string, unknown>;
      return `[${Object.entries(key)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    })
    .join('');
}

/** Takes the value at a path out of a copy of nothing: the object itself is changed. */
export function removePath(object: unknown, path: string): void {
  const steps = path.split(separator).filter((step) => step !== '.');
  const last = steps.pop();
  let node = object;
  for (const step of steps) node = descend(node, step);
  if (last === undefined) return;
  if (isRecord(node) && last.startsWith('f:')) delete node[last.slice(2)];
  if (!Array.isArray(node)) return;
  const gone = last.startsWith('v:') ? (JSON.parse(last.slice(2)) as unknown) : descend(node, last);
  const index = node.indexOf(gone);
  if (index >= 0) node.splice(index, 1);
}

function descend(node: unknown, step: string): unknown {
  if (step.startsWith('f:')) return isRecord(node) ? node[step.slice(2)] : undefined;
  if (!Array.isArray(node) || !step.startsWith('k:')) return undefined;
  const key = Object.entries(JSON.parse(step.slice(2)) as Record<string, unknown>);
  return node.find(
    (item) =>
      isRecord(item) && key.every(([name, value]) => (item[name] ?? (name === 'protocol' ? 'TCP' : null)) === value),
  );
}
