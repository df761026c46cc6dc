import type { KubernetesVerb } from '@sallyport/domain';
import type { CanonicalTarget } from '@sallyport/http-wire';
import type { Query } from './query.js';
import { RequestFault } from './request-fault.js';

/** What the API server would take a request for, by its own rules (apiserver/pkg/endpoints/request/requestinfo.go). */
export interface RequestInfo {
  readonly verb: KubernetesVerb;
  /** False for discovery, health and everything else outside `/api` and `/apis`; its path is then the `name`. */
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Segments after the subresource; only proxies have some. */
  readonly rest: readonly string[];
}

/** The subresources that lead further than to an object: a permission of their own, whatever the method. */
const leadingFurther: Readonly<Record<string, KubernetesVerb>> = {
  exec: 'exec',
  attach: 'attach',
  portforward: 'portForward',
  proxy: 'proxy',
  log: 'logs',
};
const verbsByMethod: Readonly<Record<string, KubernetesVerb>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Subresources of a Namespace itself: what follows any other name lies in the namespace. */
const namespaceSubresources = new Set(['status', 'finalize']);
/** Outside `/api` and `/apis`: these and what lies below them. Anything else is no part of the API. */
const otherRoots = new Set([
  'api',
  'apis',
  'openapi',
  'version',
  'healthz',
  'livez',
  'readyz',
  'metrics',
  'swagger.json',
  'swagger-2.0.0.pb-v1',
  '.well-known',
  'openid',
  'statusz',
]);
/**
 * Settings, memory and log files of the API server itself, credentials among them (K8-09). They have no resource that a rule
 * could name, so whoever may discover what there is would get them along with it.
 */
const inside = new Set(['configz', 'debug', 'flagz', 'logs']);

const resourceWord = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const versionWord = /^v[a-z0-9]{1,62}$/;
const namespaceWord = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const maxNameLength = 253;

/** @throws RequestFault where the API server would not know the path, or two readers could differ about it */
export function parseRequestInfo(method: string, target: CanonicalTarget, query: Query): RequestInfo {
  const segments = target.segments;
  const verb = verbsByMethod[method];
  if (verb === undefined) throw new RequestFault(405, 'this method has no meaning here', 'unsupported');
  const grouped = segments[0] === 'apis';
  const isResource = (segments[0] === 'api' && segments.length > 2) || (grouped && segments.length > 3);
  // The slash at the end of a proxied path is the backend's business.
  if (isResource) return resourceRequest(verb, method, segments.slice(1), grouped, query);
  if (segments.includes('') && target.path !== '/') throw new RequestFault(400, 'the path ends in a slash');
  if (inside.has(segments[0]!)) {
    throw new RequestFault(403, 'the inside of the API server is not shown here', 'unsupported');
  }
  if (target.path !== '/' && !otherRoots.has(segments[0]!)) {
    throw new RequestFault(404, 'this path is no part of the Kubernetes API', 'unsupported');
  }
  if (verb !== 'get') throw new RequestFault(405, 'this path can only be read', 'unsupported');
  const none = { group: '', version: '', resource: '', subresource: '', namespace: '', rest: [] };
  return { verb, isResource: false, name: target.path, ...none };
}

function resourceRequest(
  methodVerb: KubernetesVerb,
  method: string,
  segments: readonly string[],
  grouped: boolean,
  query: Query,
): RequestInfo {
  const group = grouped ? word(segments[0]!, resourceWord, 'API group') : '';
  let parts = segments.slice(grouped ? 1 : 0);
  const version = word(parts[0]!, versionWord, 'API version');
  parts = parts.slice(1);
  const oldWatch = parts[0] === 'watch';
  if (parts[0] === 'proxy') throw new RequestFault(404, 'the /proxy prefix is no longer served', 'unsupported');
  if (oldWatch) parts = parts.slice(1);
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = word(parts[1]!, namespaceWord, 'namespace');
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2);
  }
  if (parts.length === 0) throw new RequestFault(404, 'the path names no resource');
  const resource = word(parts[0]!, resourceWord, 'resource');
  const name = parts.length > 1 ? objectName(parts[1]!) : '';
  const subresource = parts.length > 2 ? word(parts[2]!, resourceWord, 'subresource') : '';
  const rest = parts.slice(3);
  if (rest.length > 0 && subresource !== 'proxy') throw new RequestFault(404, 'the path is longer than any of the API');
  const place = { isResource: true, group, version, resource, subresource, namespace, name, rest };
  return { verb: verbOf(methodVerb, method, place, oldWatch, query), ...place };
}

function verbOf(
  methodVerb: KubernetesVerb,
  method: string,
  { name, subresource }: { readonly name: string; readonly subresource: string },
  oldWatch: boolean,
  query: Query,
): KubernetesVerb {
  const watched = query.flag('watch');
  if (oldWatch || (watched && name === '')) {
    if (method !== 'GET' || subresource !== '') throw new RequestFault(405, 'a watch is a GET', 'unsupported');
    return 'watch';
  }
  if (watched) throw new RequestFault(400, 'a single object is watched by a field selector on its name');
  const further = Object.hasOwn(leadingFurther, subresource) ? leadingFurther[subresource] : undefined;
  if (further !== undefined) {
    const allowed = further === 'logs' ? ['GET'] : further === 'proxy' ? Object.keys(verbsByMethod) : ['GET', 'POST'];
    if (!allowed.includes(method))
      throw new RequestFault(405, `${method} has no meaning for ${subresource}`, 'unsupported');
    return further;
  }
  if (name === '' && methodVerb === 'get') return 'list';
  if (name === '' && methodVerb === 'delete') return 'deletecollection';
  if (name === '' && methodVerb !== 'create')
    throw new RequestFault(405, 'a collection cannot be replaced', 'unsupported');
  return methodVerb;
}

function word(text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new RequestFault(400, `the path's ${what} is not a valid name`);
  return text;
}

/** As the API server's `IsValidPathSegmentName`, and nothing that no name of its built-in kinds may hold. */
function objectName(text: string): string {
  const odd = text === '' || text === '.' || text === '..' || text.length > maxNameLength || !/^[!-~]+$/.test(text);
  if (odd || /[/%\\]/.test(text)) throw new RequestFault(400, 'the path names an object by what is not a name');
  return text;
}
