import type { ResourceRegistry } from './resource-registry.js';
import type { ResourceKind, Subresource } from './resource-kind.js';

/** What a path of the API addresses (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go). */
export interface ResourceRequest {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: Subresource;
  /** Below `proxy`: the path for the target, with its leading slash. */
  readonly proxyPath?: string;
  /** Asked for by the old prefix `/api/v1/watch/`. */
  readonly watchPrefix: boolean;
}

/**
 * Undefined when the path is none of a resource. The path is decoded before it is split, as Go's server does: an
 * encoded slash separates segments.
 */
export function parseResourcePath(path: string, registry: ResourceRegistry): ResourceRequest | undefined {
  const segments = path.replace(/^\/|\/$/g, '').split('/');
  const [root] = segments;
  const [group, version, rest] =
    root === 'api'
      ? ['', segments[1], segments.slice(2)]
      : root === 'apis'
        ? [segments[1] ?? '', segments[2], segments.slice(3)]
        : [undefined, undefined, []];
  if (group === undefined || version === undefined || rest.length === 0) return undefined;
  const watchPrefix = rest[0] === 'watch';
  const parts = watchPrefix ? rest.slice(1) : rest;
  const find = (plural: string | undefined): ResourceKind | undefined =>
    plural === undefined ? undefined : registry.find(group, version, plural);

  // /namespaces/NAME/PLURAL addresses what is in the namespace, /namespaces/NAME/status the namespace itself.
  if (parts[0] === 'namespaces' && parts.length >= 3) {
    const kind = find(parts[2]);
    if (kind?.namespaced) return address(kind, parts.slice(3), { namespace: parts[1], watchPrefix });
    if (group !== '') return undefined;
  }
  const kind = find(parts[0]);
  if (!kind || (kind.namespaced && parts.length > 1)) return undefined;
  return address(kind, parts.slice(1), { watchPrefix });
}

function address(
  kind: ResourceKind,
  rest: readonly string[],
  scope: { readonly namespace?: string; readonly watchPrefix: boolean },
): ResourceRequest | undefined {
  const [name, subresourceName, ...below] = rest;
  if (name === '' || scope.namespace === '') return undefined;
  if (name === undefined) return { kind, ...scope };
  if (subresourceName === undefined) return { kind, ...scope, name };
  const subresource = kind.subresources.find((candidate) => candidate.name === subresourceName);
  if (!subresource) return undefined;
  if (subresourceName === 'proxy') return { kind, ...scope, name, subresource, proxyPath: `/${below.join('/')}` };
  return below.length ? undefined : { kind, ...scope, name, subresource };
}
