import type { Answer, ApiRequest } from './api-request.js';
import { firstOf } from './header-values.js';
import type { ResourceKind, Subresource } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import type { ResourceRegistry } from './resource-registry.js';

export const serverVersion = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.4',
  gitCommit: '59526cd4867447956156ae3a602fcbac10a2c335',
  gitTreeState: 'clean',
  buildDate: '2025-04-22T15:56:44Z',
  goVersion: 'go1.23.6',
  compiler: 'gc',
  platform: 'linux/amd64',
} as const;
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Answers the paths that say what there is; undefined for every other path. */
export function discover(request: ApiRequest, registry: ResourceRegistry): Answer | undefined {
  const path = request.path.replace(/\/$/, '');
  const aggregated = wantsAggregated(firstOf(request.headers, 'accept') ?? '');
  if (path === '/api') return aggregated ? aggregate([{ name: '', versions: ['v1'] }], registry) : ok(coreVersions);
  if (path === '/apis') return aggregated ? aggregate(registry.groups(), registry) : ok(groupList(registry));
  const versionPath = /^(?:\/api|\/apis\/([^/]+))\/([^/]+)$/.exec(path);
  if (versionPath) {
    const [, group = '', version = ''] = versionPath;
    const kinds = registry.all().filter((kind) => kind.group === group && kind.version === version);
    return kinds.length ? ok(resourceList(kinds)) : undefined;
  }
  const groupName = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  const group = registry.groups().find(({ name }) => name === groupName);
  return group && ok({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) });
}

const coreVersions = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }],
};

function ok(body: unknown): Answer {
  return { code: 200, body };
}

/** The stable form; clients that list `v2beta1` too list it after. */
function wantsAggregated(accept: string): boolean {
  const clauses = accept.split(',').map((clause) => clause.split(';').map((part) => part.trim()));
  return clauses.some(
    (parts) => parts[0] === 'application/json' && parts.includes('as=APIGroupDiscoveryList') && parts.includes('v=v2'),
  );
}

function groupList(registry: ResourceRegistry): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: registry.groups().map(groupOf) };
}

function groupOf({ name, versions }: { readonly name: string; readonly versions: readonly string[] }): object {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
}

function resourceList(kinds: readonly ResourceKind[]): object {
  const [first] = kinds;
  const resources = kinds.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length ? { categories: kind.categories } : {}),
    },
    ...kind.subresources.map((sub) => subresourceEntry(kind, sub)),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: first && apiVersionOf(first), resources };
}

function subresourceEntry(kind: ResourceKind, sub: Subresource): object {
  const foreign = sub.group !== kind.group || sub.version !== kind.version;
  return {
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(foreign ? { group: sub.group, version: sub.version } : {}),
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

function aggregate(
  groups: readonly { readonly name: string; readonly versions: readonly string[] }[],
  registry: ResourceRegistry,
): Answer {
  const items = groups.map(({ name, versions }) => ({
    metadata: { ...(name ? { name } : {}), creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: registry
        .all()
        .filter((kind) => kind.group === name && kind.version === version)
        .map(aggregatedEntry),
      freshness: 'Current',
    })),
  }));
  const body = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return { code: 200, body, contentType: aggregatedType, headers: { vary: 'Accept' } };
}

function aggregatedEntry(kind: ResourceKind): object {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length ? { categories: kind.categories } : {}),
    ...(kind.subresources.length
      ? {
          subresources: kind.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}
