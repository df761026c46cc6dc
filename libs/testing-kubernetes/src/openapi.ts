import { createHash } from 'node:crypto';
import type { Answer } from './api-request.js';
import { serverVersion } from './discovery.js';
import type { ResourceKind } from './resource-kind.js';
import type { ResourceRegistry } from './resource-registry.js';

/**
 * The OpenAPI v3 documents: enough for kubectl to learn which query parameters a verb takes and what kinds there
 * are. Schemas stop below `spec`; kubectl then computes strategic merge patches from its own types.
 */
export function describeApi(path: string, registry: ResourceRegistry): Answer | undefined {
  if (path === '/openapi/v3') return { code: 200, body: { paths: index(registry) } };
  const match = /^\/openapi\/v3\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (!match) return undefined;
  const group = match[2] ?? '';
  const version = match[1] ?? match[3] ?? '';
  const kinds = registry.all().filter((kind) => kind.group === group && kind.version === version);
  return kinds.length ? { code: 200, body: documentOf(kinds) } : undefined;
}

function index(registry: ResourceRegistry): object {
  const roots = new Map<string, ResourceKind[]>();
  for (const kind of registry.all()) roots.set(rootOf(kind), [...(roots.get(rootOf(kind)) ?? []), kind]);
  return Object.fromEntries(
    [...roots].map(([root, kinds]) => {
      const hash = createHash('sha512').update(JSON.stringify(kinds)).digest('hex').toUpperCase();
      return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }];
    }),
  );
}

function rootOf(kind: ResourceKind): string {
  return kind.group ? `apis/${kind.group}/${kind.version}` : `api/${kind.version}`;
}

function documentOf(kinds: readonly ResourceKind[]): object {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion.gitVersion },
    paths: Object.fromEntries(kinds.flatMap(pathsOf)),
    components: {
      schemas: {
        ...Object.fromEntries(kinds.map((kind) => [schemaName(kind), schemaOf(kind)])),
        [metaName]: { type: 'object', description: 'ObjectMeta is metadata that all persisted resources must have.' },
      },
    },
  };
}

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

function pathsOf(kind: ResourceKind): [string, object][] {
  const collection = `/${rootOf(kind)}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  return [
    [collection, { post: operation(kind, 'post', ['dryRun', 'fieldManager', 'fieldValidation']) }],
    [
      `${collection}/{name}`,
      {
        get: operation(kind, 'get', []),
        put: operation(kind, 'put', ['dryRun', 'fieldManager', 'fieldValidation']),
        patch: operation(kind, 'patch', ['dryRun', 'fieldManager', 'fieldValidation', 'force']),
        delete: operation(kind, 'delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy']),
      },
    ],
  ];
}

function operation(kind: ResourceKind, action: string, parameters: readonly string[]): object {
  return {
    operationId: `${action}${kind.kind}`,
    parameters: parameters.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })),
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(kind)}` } } },
      },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

function schemaName(kind: ResourceKind): string {
  const group = kind.group ? kind.group.split('.').reverse().join('.') : 'core';
  return kind.group.includes('.')
    ? `${group}.${kind.version}.${kind.kind}`
    : `io.k8s.api.${group}.${kind.version}.${kind.kind}`;
}

function schemaOf(kind: ResourceKind): object {
  return {
    ...(kind.schema ? (kind.schema as object) : { description: `${kind.kind} of the API.` }),
    type: 'object',
    properties: {
      apiVersion: { type: 'string', description: 'APIVersion defines the versioned schema of this object.' },
      kind: { type: 'string', description: 'Kind is the REST resource this object represents.' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${metaName}` }], default: {} },
      spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }],
  };
}
