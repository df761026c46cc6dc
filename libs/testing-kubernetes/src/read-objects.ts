import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { firstOf } from './header-values.js';
import { encodeList, encodeObject } from './json-encoding.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { negotiate } from './negotiation.js';
import type { ResourceKind } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import type { ResourceRequest } from './request-info.js';
import { parseSelectors } from './selectors.js';
import { StatusError } from './status-error.js';
import { partialMetadata, tableOf } from './table.js';

/** One object in the form the client accepts. */
export function present(request: ApiRequest, kind: ResourceKind, object: KubernetesObject, code = 200): Answer {
  const { as } = negotiate(firstOf(request.headers, 'accept'));
  if (as === 'Table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { includeObject: request.query.get('includeObject') };
    return { code, body: tableOf(kind, [object], metadata, options), contentType: 'application/json' };
  }
  if (as === 'PartialObjectMetadata') return { code, body: partialMetadata(object), contentType: 'application/json' };
  if (as === 'PartialObjectMetadataList') throw StatusError.notAcceptable(['application/json']);
  return { code, body: encodeObject(object), contentType: 'application/json' };
}

export function getObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  return present(request, target.kind, cluster.read(target.kind, target.namespace, target.name ?? ''));
}

export function listObjects(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const { kind } = target;
  const page = select(cluster, request, target);
  const metadata = {
    resourceVersion: page.revision,
    ...(page.next ? { continue: page.next } : {}),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const { as } = negotiate(firstOf(request.headers, 'accept'));
  const contentType = 'application/json';
  if (as === 'Table') {
    const options = { includeObject: request.query.get('includeObject') };
    return { code: 200, body: tableOf(kind, page.items, metadata, options), contentType };
  }
  if (as === 'PartialObjectMetadata') throw StatusError.notAcceptable(['application/json']);
  if (as === 'PartialObjectMetadataList') {
    const head = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata };
    return { code: 200, body: { ...head, items: page.items.map(partialMetadata) }, contentType };
  }
  const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata };
  return { code: 200, body: encodeList(head, page.items, kind.schema !== undefined), contentType };
}

interface Page {
  readonly items: readonly KubernetesObject[];
  readonly revision: string;
  readonly next?: string;
  readonly remaining?: number;
}

function select(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Page {
  const { query } = request;
  const selectors = [query.get('labelSelector'), query.get('fieldSelector')] as const;
  const matches = parseSelectors(target.kind.kind, ...selectors);
  const started = readContinue(cluster, query.get('continue'));
  const revision = started?.revision ?? cluster.store.revision;
  requireKnownRevision(cluster, query);
  const all = cluster.list(target.kind, target.namespace).filter(matches);
  const rest = started ? all.filter((object) => sortKey(object) > started.after) : all;
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw StatusError.badRequest('limit must be a non-negative integer');
  const items = limit ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  if (items.length === rest.length || !last) return { items, revision: String(revision) };
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: sortKey(last) };
  return {
    items,
    revision: String(revision),
    next: Buffer.from(JSON.stringify(token)).toString('base64url'),
    // The real server cannot count what a selector would leave over.
    ...(selectors.some(Boolean) ? {} : { remaining: rest.length - items.length }),
  };
}

/** Order of the store, as a text that sorts alike. */
function sortKey({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function readContinue(cluster: Cluster, token: string | null): { revision: number; after: string } | undefined {
  if (!token) return undefined;
  let decoded: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    decoded = JSON.parse(Buffer.from(token, 'base64url').toString()) as typeof decoded;
  } catch {
    throw StatusError.badRequest('continue key is not valid: illegal base64 data');
  }
  const { rv, start } = decoded;
  if (typeof rv !== 'number' || typeof start !== 'string') throw StatusError.badRequest('continue key is not valid');
  if (rv < cluster.store.compactedRevision) {
    throw StatusError.expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return { revision: rv, after: start };
}

/** @throws StatusError for a resourceVersion that is not one, or that is still to come */
export function requireKnownRevision(cluster: Cluster, query: URLSearchParams): number | undefined {
  const given = query.get('resourceVersion');
  if (given === null || given === '') return undefined;
  if (!/^\d+$/.test(given)) throw StatusError.badRequest(`invalid resource version "${given}": strconv.ParseUint`);
  const revision = Number(given);
  if (revision > cluster.store.revision) {
    const message = `Too large resource version: ${revision}, current: ${cluster.store.revision}`;
    throw new StatusError(504, 'Timeout', message, { retryAfterSeconds: 1 });
  }
  return revision;
}
