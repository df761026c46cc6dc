import type { Answer, ApiRequest, Reply } from './api-request.js';
import type { Attributes } from './authorization.js';
import type { Cluster } from './cluster.js';
import { createObject } from './create-object.js';
import { deleteCollection, deleteObject } from './delete-object.js';
import { discover, serverVersion } from './discovery.js';
import { describeApi } from './openapi.js';
import { patchObject } from './patch-object.js';
import { bind, evict } from './pod-actions.js';
import type { ProxyTargets } from './proxy-subresource.js';
import { proxyRequest } from './proxy-subresource.js';
import { readLogs } from './pod-logs.js';
import { getObject, listObjects } from './read-objects.js';
import type { ResourceRequest } from './request-info.js';
import { parseResourcePath } from './request-info.js';
import { requestToken, review } from './reviews.js';
import { scaleObject } from './scale.js';
import { StatusError } from './status-error.js';
import { updateObject } from './update-object.js';
import { watchObjects } from './watch-objects.js';

export interface HandlerServices {
  readonly cluster: Cluster;
  readonly proxyTargets: ProxyTargets;
}
type Handler = (cluster: Cluster, request: ApiRequest, target: ResourceRequest) => Reply;

const streamed = new Set(['exec', 'attach', 'portforward']);

/** Everything but upgraded connections. @throws StatusError */
export function handleApi(services: HandlerServices, request: ApiRequest): Reply | Promise<Reply> {
  const { cluster } = services;
  const target = parseResourcePath(request.path, cluster.registry);
  if (!target) return handlePath(cluster, request);
  authorizeResource(cluster, request, target);
  const { subresource } = target;
  if (subresource?.name === 'proxy') return proxyRequest(services.proxyTargets, cluster, request, target);
  if (subresource && streamed.has(subresource.name)) {
    throw StatusError.badRequest('Upgrade request required');
  }
  return handlerOf(request, target)(cluster, request, target);
}

/** What needs no resource: discovery, health, version and documents. */
function handlePath(cluster: Cluster, request: ApiRequest): Answer {
  const { path } = request;
  const user = request.identity.effective;
  const health = /^\/(healthz|livez|readyz)(\/[\w/-]*)?$/.test(path);
  if (!health && path !== '/version') {
    if (!cluster.authorizer.allows(user, { verb: request.method.toLowerCase(), path })) throw forbiddenPath(request);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw StatusError.noSuchPath();
  if (health) return { code: 200, body: request.query.has('verbose') ? '[+]ping ok\nhealthz check passed\n' : 'ok' };
  if (path === '/version' || path === '/version/') return { code: 200, body: serverVersion };
  if (path === '/')
    return {
      code: 200,
      body: { paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] },
    };
  if (path === '/metrics')
    return { code: 200, body: '# TYPE apiserver_request_total counter\napiserver_request_total 1\n' };
  const found = discover(request, cluster.registry) ?? describeApi(path, cluster.registry);
  if (!found) throw StatusError.noSuchPath();
  return found;
}

function handlerOf(request: ApiRequest, target: ResourceRequest): Handler {
  const { kind, name, subresource } = target;
  const verb = verbOf(request, target);
  if (!(subresource ?? kind).verbs.includes(verb)) throw StatusError.methodNotAllowed();
  if (subresource) {
    const own = subresourceHandlers[subresource.name];
    if (own) return own;
  }
  if (verb === 'watch') return watchObjects;
  if (kind.verbs.length === 1) return review;
  if (kind.namespaced && target.namespace === undefined && verb !== 'list') throw StatusError.methodNotAllowed();
  switch (verb) {
    case 'get':
      return getObject;
    case 'list':
      return listObjects;
    case 'create':
      if (name !== undefined) throw StatusError.methodNotAllowed();
      return createObject;
    case 'update':
      return updateObject;
    case 'patch':
      return patchObject;
    case 'delete':
      return deleteObject;
    default:
      return deleteCollection;
  }
}

const subresourceHandlers: Readonly<Record<string, Handler>> = {
  log: readLogs,
  token: requestToken,
  scale: scaleObject,
  eviction: evict,
  binding: bind,
};

/** The verb that policy sees, as the real server derives it. */
export function verbOf(request: Pick<ApiRequest, 'method' | 'query'>, target: ResourceRequest): string {
  const watched = ['true', '1', ''].includes(request.query.get('watch') ?? 'false');
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (target.subresource) return 'get';
      if (target.watchPrefix || (watched && (target.name === undefined || request.query.has('fieldSelector'))))
        return 'watch';
      return target.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return target.name === undefined ? 'deletecollection' : 'delete';
    default:
      throw StatusError.methodNotAllowed();
  }
}

/** @throws StatusError 403 in the words of the real server */
export function authorizeResource(cluster: Cluster, request: ApiRequest, target: ResourceRequest): void {
  const { kind, namespace, name, subresource } = target;
  const user = request.identity.effective;
  const asked: Attributes = {
    verb: verbOf(request, target),
    group: kind.group,
    resource: kind.plural,
    subresource: subresource?.name,
    namespace,
    name,
  };
  if (cluster.authorizer.allows(user, asked)) return;
  const resource = subresource ? `${kind.plural}/${subresource.name}` : kind.plural;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const why = `User "${user.name}" cannot ${asked.verb} resource "${resource}" in API group "${kind.group}" ${scope}`;
  throw StatusError.forbidden({ group: kind.group, resource: kind.plural, name }, why);
}

function forbiddenPath(request: ApiRequest): StatusError {
  const user = request.identity.effective.name;
  const message = `forbidden: User "${user}" cannot ${request.method.toLowerCase()} path "${request.path}"`;
  return new StatusError(403, 'Forbidden', message, {});
}
