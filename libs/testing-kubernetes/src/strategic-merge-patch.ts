import { isRecord, sameJson } from './kubernetes-object.js';
import { isSet, mergeKeyOf } from './list-keys.js';
import { StatusError } from './status-error.js';

type Fields = Record<string, unknown>;
const order = '$setElementOrder/';
const deletions = '$deleteFromPrimitiveList/';

/**
 * Strategic merge patch (k8s.io/apimachinery/pkg/util/strategicpatch): maps merge, lists with a key merge item by
 * item, and directives delete, replace and order.
 */
export function applyStrategicMergePatch(target: Fields, patch: Fields): Fields {
  if (patch['$patch'] === 'replace') return without(patch, '$patch');
  if (patch['$patch'] === 'delete') return {};
  const result: Fields = { ...target };
  const retained = patch['$retainKeys'];
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name === '$retainKeys' || name.startsWith(order)) continue;
    if (name.startsWith(deletions)) {
      const field = name.slice(deletions.length);
      result[field] = list(result[field]).filter((item) => !list(value).some((gone) => sameJson(gone, item)));
    } else if (value === null) delete result[name];
    else result[name] = mergeValue(name, result[name], value);
  }
  for (const [name, value] of Object.entries(patch)) {
    if (!name.startsWith(order)) continue;
    const field = name.slice(order.length);
    if (Array.isArray(result[field])) result[field] = reorder(field, list(result[field]), list(value));
  }
  if (!Array.isArray(retained)) return result;
  return Object.fromEntries(Object.entries(result).filter(([name]) => retained.includes(name)));
}

function mergeValue(field: string, current: unknown, patch: unknown): unknown {
  if (isRecord(patch)) return applyStrategicMergePatch(isRecord(current) ? current : {}, patch);
  if (!Array.isArray(patch)) return patch;
  if (isSet(field)) return [...list(current), ...patch.filter((item) => !list(current).includes(item))];
  const key = mergeKeyOf(field, [...list(current), ...patch]);
  if (key === undefined || !patch.every(isRecord)) return patch;
  return mergeList(field, key, list(current), patch);
}

function mergeList(field: string, key: string, current: readonly unknown[], patch: readonly Fields[]): unknown[] {
  const items = patch.filter((item) => item['$patch'] !== 'replace' || key in item);
  let result = items.length < patch.length ? [] : [...current];
  for (const item of items) {
    const value = item[key];
    if (value === undefined) {
      throw StatusError.badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const index = result.findIndex((candidate) => isRecord(candidate) && candidate[key] === value);
    const existing = result[index];
    if (item['$patch'] === 'delete') result = result.filter((_, i) => i !== index);
    else if (isRecord(existing)) result[index] = applyStrategicMergePatch(existing, item);
    else result.push(applyStrategicMergePatch({}, item));
  }
  return result;
}

/** The listed items in the listed order; those that are not listed keep their place behind their predecessor. */
function reorder(field: string, items: readonly unknown[], wanted: readonly unknown[]): unknown[] {
  const key = mergeKeyOf(field, [...items, ...wanted]);
  const identity = (item: unknown): unknown => (key !== undefined && isRecord(item) ? item[key] : item);
  const positions = wanted.map(identity);
  const listed = items
    .filter((item) => positions.includes(identity(item)))
    .sort((left, right) => positions.indexOf(identity(left)) - positions.indexOf(identity(right)));
  const result: unknown[] = [...listed];
  items.forEach((item, i) => {
    if (positions.includes(identity(item))) return;
    const before = items[i - 1];
    result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, item);
  });
  return result;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name));
}
