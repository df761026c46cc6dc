import { isJsonObject, type JsonObject, type JsonValue } from '../request/json-value.js';
import type { ValuePath } from './classification.js';
import type { Replacement } from './replacement.js';

/** Replaces, in place, every scalar at or below a path. Lists on the way are gone through. True when something changed. */
export function replaceAt(object: JsonObject, { keys, form }: ValuePath, replace: Replacement): boolean {
  let changed = false;
  const scalar = (value: JsonValue): JsonValue => {
    const replaced = replace(value, form);
    changed ||= replaced !== value;
    return replaced;
  };
  const visit = (value: JsonValue, depth: number): JsonValue => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => (value[index] = visit(item, depth)));
      return value;
    }
    if (!isJsonObject(value)) return depth === keys.length ? scalar(value) : value;
    const key = keys[depth];
    const below = key === undefined || key === '*' ? Object.keys(value) : Object.hasOwn(value, key) ? [key] : [];
    for (const name of below) value[name] = visit(value[name]!, Math.min(depth + 1, keys.length));
    return value;
  };
  visit(object, 0);
  return changed;
}
