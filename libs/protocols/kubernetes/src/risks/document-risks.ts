import { isJsonObject, memberOf, textMember, type JsonObject, type JsonValue } from '../request/json-value.js';

export interface DocumentFacts {
  readonly risks: Set<string>;
  readonly images: Set<string>;
}

/**
 * What in an object, or in a patch to one, gives its writer more than the object (K8-11). Pod specs stand in many kinds,
 * known ones and not, so no place is looked for: a key counts wherever it stands. That flags too much rather than too little.
 */
export function documentFacts(document: JsonValue): DocumentFacts {
  const facts: DocumentFacts = { risks: new Set(), images: new Set() };
  walk(document, facts);
  return facts;
}

type Finder = (value: JsonValue, facts: DocumentFacts) => void;

/** True for a setting in any spelling that some server may take for yes; null in a patch takes it away. */
const isSet = (value: JsonValue): boolean => value !== null && value !== false && value !== '' && value !== 0;
const present = (risk: string): Finder => {
  return (value, { risks }) => void (isSet(value) && risks.add(risk));
};
/** Lists whose change matters as much as their content: null and deletion count, an empty list does not. */
const touched = (risk: string): Finder => {
  return (value, { risks }) => void (!(Array.isArray(value) && value.length === 0) && risks.add(risk));
};
const named = (risk: string): Finder => {
  return (value, { risks }) => void (typeof value === 'string' && value !== '' && risks.add(`${risk}:${value}`));
};
const referenced = (risk: string): Finder => {
  return (value, { risks }) => {
    const name = textMember(value, 'name') || textMember(value, 'secretName');
    if (name !== '') risks.add(`${risk}:${name}`);
  };
};

/** A local volume (of a PersistentVolume) is a path of the host under another name. */
const localPath: Finder = (value, { risks }) => {
  if (memberOf(value, 'path') !== undefined) risks.add('hostPath');
};

const finders = new Map<string, Finder>([
  ['privileged', present('privileged')],
  ['hostProcess', present('privileged')],
  ['hostPath', present('hostPath')],
  ['local', localPath],
  ['hostNetwork', present('hostNetwork')],
  ['hostPID', present('hostPID')],
  ['hostIPC', present('hostIPC')],
  ['hostPort', present('hostPort')],
  ['nodeName', present('nodeName')],
  ['ephemeralContainers', (value, { risks }) => void (!isEmptyList(value) && risks.add('ephemeralContainers'))],
  ['serviceAccountName', named('serviceAccount')],
  ['serviceAccount', named('serviceAccount')],
  ['procMount', (value, { risks }) => void (value === 'Unmasked' && risks.add('procMount'))],
  [
    'capabilities',
    (value, { risks }) => textsIn(memberOf(value, 'add')).forEach((name) => risks.add(`capability:${name}`)),
  ],
  [
    'roleRef',
    (value, { risks }) =>
      void (textMember(value, 'kind') === 'ClusterRole' && risks.add(`clusterRole:${textMember(value, 'name')}`)),
  ],
  ['finalizers', touched('finalizers')],
  ['ownerReferences', touched('ownerReferences')],
  ['secretKeyRef', referenced('secret')],
  ['secretRef', referenced('secret')],
  ['secret', referenced('secret')],
  ['secretName', named('secret')],
  ['image', (value, { images }) => void (typeof value === 'string' && value !== '' && images.add(value))],
]);

function walk(value: JsonValue, facts: DocumentFacts): void {
  if (Array.isArray(value)) for (const item of value) walk(item, facts);
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const member = value[key]!;
    // Strategic merge patches prefix a list's name: `$deleteFromPrimitiveList/finalizers`.
    const name = key.startsWith('$') ? key.slice(key.indexOf('/') + 1) : key;
    finders.get(name)?.(member, facts);
    walk(member, facts);
  }
}

function isEmptyList(value: JsonValue): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** The texts of a list, or of its single elements in an expanded JSON patch. */
function textsIn(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? Object.values(value as JsonObject).flatMap(textsIn) : [];
}
