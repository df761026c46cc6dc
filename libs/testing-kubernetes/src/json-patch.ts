import { isRecord, sameJson } from './kubernetes-object.js';
import { StatusError } from './status-error.js';

/** RFC 6902 on a copy. @throws StatusError 400 for what is no patch, 422 for one that does not apply */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw StatusError.badRequest('error decoding patch: json: cannot unmarshal into jsonpatch.Patch');
  return patch.reduce<unknown>((document, operation) => {
    if (!isRecord(operation)) throw StatusError.badRequest('error decoding patch');
    return applyOperation(document, operation);
  }, structuredClone(target));
}

function applyOperation(document: unknown, operation: Record<string, unknown>): unknown {
  const path = pointer(operation['path']);
  const value = structuredClone(operation['value']);
  switch (operation['op']) {
    case 'add':
      return add(document, path, value);
    case 'remove':
      return remove(document, path);
    case 'replace':
      read(document, path);
      return path.length ? add(remove(document, path), path, value) : value;
    case 'test':
      if (!sameJson(read(document, path), value)) throw rejected();
      return document;
    case 'copy':
      return add(document, path, structuredClone(read(document, pointer(operation['from']))));
    case 'move': {
      const from = pointer(operation['from']);
      const moved = read(document, from);
      return add(remove(document, from), path, moved);
    }
    default:
      throw rejected();
  }
}

function rejected(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw rejected();
  return path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (Array.isArray(inner) && /^\d+$/.test(step) && Number(step) < inner.length) return inner[Number(step)];
    if (isRecord(inner) && Object.hasOwn(inner, step)) return inner[step];
    throw rejected();
  }, document);
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw rejected();
    parent.splice(index, 0, value);
  } else if (isRecord(parent)) parent[last] = value;
  else throw rejected();
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  read(document, path);
  const last = path.at(-1);
  if (last === undefined) return {};
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isRecord(parent)) delete parent[last];
  return document;
}
