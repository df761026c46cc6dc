import type { KubernetesObject } from './kubernetes-object.js';

const whole = new WeakMap<object, string>();
const untyped = new WeakMap<object, string>();

/** Stored objects never change, so their JSON is made once. */
export function encodeObject(object: KubernetesObject): string {
  return remember(whole, object, () => JSON.stringify(object));
}

/**
 * A list. Items of built-in kinds go without `kind` and `apiVersion`, as the real server's do: the list says them.
 */
export function encodeList(head: object, items: readonly KubernetesObject[], typedItems: boolean): string {
  const opening = JSON.stringify(head).slice(0, -1);
  const encoded = items.map((item) => (typedItems ? encodeObject(item) : encodeUntyped(item)));
  return `${opening},"items":[${encoded.join(',')}]}`;
}

function encodeUntyped(object: KubernetesObject): string {
  return remember(untyped, object, () => JSON.stringify({ ...object, kind: undefined, apiVersion: undefined }));
}

function remember(cache: WeakMap<object, string>, object: object, encode: () => string): string {
  const known = cache.get(object);
  if (known !== undefined) return known;
  const encoded = encode();
  cache.set(object, encoded);
  return encoded;
}
