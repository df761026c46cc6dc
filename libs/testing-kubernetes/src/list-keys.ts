/** Which lists are merged item by item, and by which fields: the patch tags of the Go types, by field name. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  conditions: 'type',
  ownerReferences: 'uid',
  secrets: 'name',
  webhooks: 'name',
  addresses: 'type',
};
/** Maps that server-side apply owns as one value. */
const atomicMaps = new Set([
  'selector',
  'nodeSelector',
  'roleRef',
  'secretKeyRef',
  'configMapKeyRef',
  'fieldRef',
  'resourceFieldRef',
  'labelSelector',
]);

/** Key field of a list's items under strategic merge; undefined: the list is replaced. */
export function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  if (field !== 'ports') return Object.hasOwn(mergeKeys, field) ? mergeKeys[field] : undefined;
  return items.some((item) => isObject(item) && 'containerPort' in item) ? 'containerPort' : 'port';
}

/** Key fields of a list's items under server-side apply; undefined: the list is one value. */
export function listMapKeysOf(field: string, items: readonly unknown[]): readonly string[] | undefined {
  const key = mergeKeyOf(field, items);
  if (key === undefined || !items.every((item) => isObject(item) && key in item)) return undefined;
  if (field === 'ports') return [key, 'protocol'];
  return field === 'topologySpreadConstraints' ? [key, 'whenUnsatisfiable'] : [key];
}

/** Lists of plain values that are sets: merged value by value. */
export function isSet(field: string): boolean {
  return field === 'finalizers';
}

export function isAtomicMap(field: string): boolean {
  return atomicMaps.has(field);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
