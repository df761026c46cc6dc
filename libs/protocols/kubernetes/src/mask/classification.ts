import type { ClassifiedField, MaskMethod } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import { builtInGroups } from '../risks/built-in-groups.js';
import type { RequestInfo } from '../request/request-info.js';

/** How the text of a value is to be read: Secrets hold base64 of what they hold. */
export type ValueForm = 'text' | 'base64';

/** The way to classified values inside objects of one kind. */
export interface ValuePath {
  readonly keys: readonly string[];
  readonly form: ValueForm;
}
export interface ClassifiedPart {
  readonly path: string;
  readonly tags: readonly string[];
  readonly mask: MaskMethod;
  readonly what:
    | { readonly in: 'kind'; readonly kind: string; readonly paths: readonly ValuePath[] }
    | { readonly in: 'env'; readonly named: RegExp }
    | { readonly in: 'text'; readonly detector: string };
}

/** What every cluster holds that not everybody who may read an object may see; a resource's own entry takes its place. */
const builtIn: readonly ClassifiedPart[] = [
  { path: 'Secret.data', tags: ['secret'], mask: 'redact', what: kindPart('Secret.data') },
  { path: 'TokenRequest.status.token', tags: ['secret'], mask: 'redact', what: kindPart('TokenRequest.status.token') },
  { path: 'Pod.env', tags: ['env'], mask: 'redact', what: { in: 'env', named: secretName() } },
];

/** Environment variables that hold a secret, going by their names. */
function secretName(): RegExp {
  return /auth|connection|credential|dsn|key|pass|private|pwd|secret|token/i;
}

/** @throws RangeError for a part that means nothing: a classification that cannot be read must not mask nothing */
export function classificationOf(binding: Pick<ResourceBinding, 'fields'>): readonly ClassifiedPart[] {
  const parts = new Map(builtIn.map((part) => [part.path, part]));
  for (const { field, tags, mask, by } of binding.fields) {
    const { path } = field;
    parts.set(path, {
      path,
      tags,
      mask,
      what: 'detector' in by ? { in: 'text', detector: by.detector } : kindPart(path),
    });
  }
  return [...parts.values()];
}

function kindPart(path: string): ClassifiedPart['what'] {
  // Whoever lists it means all of them.
  if (path === 'Pod.env') return { in: 'env', named: /(?:)/ };
  if (!/^[A-Z][A-Za-z0-9]*(?:\.(?:\*|[\w-]+)|\["[^"\\]+"\])+$/.test(path)) {
    throw new RangeError('a classified part of a cluster is Kind.field or a detector');
  }
  const kind = path.slice(0, path.search(/[.[]/));
  const keys = [...path.slice(kind.length).matchAll(/\.(\*|[\w-]+)|\["([^"\\]+)"\]/g)].map(
    ([, bare, quoted]) => bare ?? quoted!,
  );
  return { in: 'kind', kind, paths: twinPaths(path) ?? [{ keys, form: 'text' }] };
}

/** Kinds that hold the same as text and as base64, under two names. */
function twinPaths(path: string): readonly ValuePath[] | undefined {
  const twins: Readonly<Record<string, readonly [text: string, base64: string]>> = {
    'Secret.data': ['stringData', 'data'],
    'ConfigMap.data': ['data', 'binaryData'],
  };
  if (!Object.hasOwn(twins, path)) return undefined;
  const [text, base64] = twins[path]!;
  return [
    { keys: [text], form: 'text' },
    { keys: [base64], form: 'base64' },
  ];
}

/** `secrets` is what objects of kind Secret are called in paths; the rules of English are those that the API server follows. */
export function isKindOf(kind: string, resource: string): boolean {
  const singular = kind.toLowerCase();
  return [`${singular}s`, `${singular}es`, singular, `${singular.replace(/y$/, 'ie')}s`].includes(resource);
}

const podHolders = new Set([
  'pods',
  'podtemplates',
  'replicationcontrollers',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'controllerrevisions',
  'jobs',
  'cronjobs',
]);
const freeText = new Set(['exec', 'attach', 'logs']);

/**
 * True when what is asked for is made to hold this part, so policy is asked whether it may be revealed. A part that turns up
 * where nobody would look for it is masked without asking.
 */
export function mayHold(info: RequestInfo, { what }: ClassifiedPart): boolean {
  if (!info.isResource || info.verb === 'proxy' || info.verb === 'portForward') return false;
  if (what.in === 'text') return freeText.has(info.verb) || info.resource === 'events';
  if (freeText.has(info.verb)) return false;
  if (what.in === 'env') return podHolders.has(info.resource) || !builtInGroups.has(info.group);
  if (info.subresource === 'token' && info.resource === 'serviceaccounts') return what.kind === 'TokenRequest';
  return isKindOf(what.kind, info.resource);
}

/** The classified fields of a request's answer, for its lineage. */
export function fieldsOf(parts: readonly ClassifiedPart[], info: RequestInfo, resource: string): ClassifiedField[] {
  const place = info.namespace === '' ? {} : { namespace: info.namespace };
  return parts
    .filter((part) => mayHold(info, part))
    .map(({ path, tags, mask }) => ({ field: { kind: 'Field', resource, ...place, path }, tags, mask }));
}

/** Kinds with classified parts that objects of the request's resource may be of. */
export function hintsOf(parts: readonly Pick<ClassifiedPart, 'what'>[], info: RequestInfo): string[] {
  const kinds = parts.flatMap(({ what }) =>
    what.in === 'kind' && isKindOf(what.kind, info.resource) ? [what.kind] : [],
  );
  if (info.resource === 'events') kinds.push('Event');
  return [...new Set(kinds)];
}
