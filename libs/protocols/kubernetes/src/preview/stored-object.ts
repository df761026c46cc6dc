import { createHash } from 'node:crypto';
import { isJsonObject, memberOf, textMember, type JsonObject, type JsonValue } from '../request/json-value.js';

/** What the server notes about an object by itself, and notes anew with every write of anybody. */
const serverMetadata: readonly string[] = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];

/**
 * An object without what the server and its controllers write into it. What is left is what people decide about: a change of
 * anything else, such as a heartbeat in the status, is no change of it.
 */
export function withoutServerParts(object: JsonObject, keepStatus: boolean): JsonObject {
  const { metadata, status, ...rest } = object;
  const kept: JsonObject = { ...rest };
  if (isJsonObject(metadata)) {
    kept['metadata'] = Object.fromEntries(Object.entries(metadata).filter(([key]) => !serverMetadata.includes(key)));
  }
  if (keepStatus && status !== undefined) kept['status'] = status;
  return kept;
}

/** Equal as long as the object is the same one and says the same. */
export function stateOf(object: JsonObject, keepStatus: boolean): string {
  const uid = textMember(memberOf(object, 'metadata'), 'uid');
  const hash = createHash('sha256').update(JSON.stringify(withoutServerParts(object, keepStatus)));
  return `${uid} ${hash.digest('hex')}`;
}

/** One line for each value, in an order that does not depend on who wrote it. */
export function readableLines(value: JsonValue): string {
  return JSON.stringify(sortedKeys(value), undefined, 2);
}

function sortedKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key]!)]),
  );
}
