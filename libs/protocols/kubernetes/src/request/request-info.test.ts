import { targetOf } from '../testing/cluster-request.js';
import { Query } from './query.js';
import { parseRequestInfo } from './request-info.js';

function infoOf(method: string, path: string) {
  const target = targetOf(path);
  return parseRequestInfo(method, target, Query.parse(target.query));
}
function summary(method: string, path: string): string {
  const { verb, group, version, resource, subresource, namespace, name } = infoOf(method, path);
  return [verb, `${group}/${version}`, `${resource}/${subresource}`, namespace, name].join(' | ');
}

test.each([
  ['GET', '/api/v1/namespaces/web/pods/p', 'get | /v1 | pods/ | web | p'],
  ['HEAD', '/api/v1/namespaces/web/pods/p', 'get | /v1 | pods/ | web | p'],
  ['GET', '/api/v1/namespaces/web/pods', 'list | /v1 | pods/ | web | '],
  ['GET', '/api/v1/pods', 'list | /v1 | pods/ |  | '],
  ['POST', '/apis/apps/v1/namespaces/web/deployments', 'create | apps/v1 | deployments/ | web | '],
  ['PUT', '/apis/apps/v1/namespaces/web/deployments/d/scale', 'update | apps/v1 | deployments/scale | web | d'],
  ['PATCH', '/api/v1/nodes/n', 'patch | /v1 | nodes/ |  | n'],
  ['DELETE', '/api/v1/namespaces/web/pods/p', 'delete | /v1 | pods/ | web | p'],
  ['DELETE', '/api/v1/namespaces/web/pods', 'deletecollection | /v1 | pods/ | web | '],
  ['GET', '/api/v1/namespaces', 'list | /v1 | namespaces/ |  | '],
  ['GET', '/api/v1/namespaces/web', 'get | /v1 | namespaces/ | web | web'],
  ['GET', '/api/v1/namespaces/web/status', 'get | /v1 | namespaces/status | web | web'],
  ['PUT', '/api/v1/namespaces/web/finalize', 'update | /v1 | namespaces/finalize | web | web'],
])('K8-06 %s %s means %s', (method, path, expected) => {
  expect(summary(method, path)).toBe(expected);
});

test.each([
  ['GET', '/api/v1/namespaces/web/pods?watch=1', 'watch | /v1 | pods/ | web | '],
  ['GET', '/api/v1/namespaces/web/pods?watch', 'watch | /v1 | pods/ | web | '],
  ['GET', '/api/v1/namespaces/web/pods?watch=false', 'list | /v1 | pods/ | web | '],
  ['GET', '/api/v1/watch/namespaces/web/pods', 'watch | /v1 | pods/ | web | '],
  ['GET', '/apis/apps/v1/watch/deployments', 'watch | apps/v1 | deployments/ |  | '],
  ['GET', '/api/v1/watch/namespaces/web/secrets/s', 'watch | /v1 | secrets/ | web | s'],
  ['GET', '/api/v1/namespaces/web/secrets?fieldSelector=metadata.name%3Ds', 'list | /v1 | secrets/ | web | '],
])('K8-06 K8-07 %s %s is no plain get', (method, path, expected) => {
  expect(summary(method, path)).toBe(expected);
});

test.each([
  ['GET', '/api/v1/namespaces/web/pods/p/exec?command=id', 'exec'],
  ['POST', '/api/v1/namespaces/web/pods/p/exec', 'exec'],
  ['GET', '/api/v1/namespaces/web/pods/p/attach', 'attach'],
  ['POST', '/api/v1/namespaces/web/pods/p/portforward', 'portForward'],
  ['GET', '/api/v1/namespaces/web/pods/p/proxy/admin/', 'proxy'],
  ['GET', '/api/v1/namespaces/web/services/https:s:443/proxy/x', 'proxy'],
  ['GET', '/api/v1/nodes/n:10250/proxy/run/web/p/c', 'proxy'],
  ['DELETE', '/api/v1/namespaces/web/pods/p/proxy/orders/7', 'proxy'],
  ['GET', '/api/v1/namespaces/web/pods/p/log', 'logs'],
])('K8-01 K8-13 %s %s is its own permission: %s', (method, path, verb) => {
  expect(infoOf(method, path).verb).toBe(verb);
});

test.each([
  ['GET', '/api/v1/namespaces/web/pods/'],
  ['GET', '/api/v1/namespaces/'],
  ['GET', '/api/v1/proxy/namespaces/web/pods/p'],
  ['GET', '/api/v1/Pods'],
  ['GET', '/api/v1/namespaces/WEB/pods'],
  ['GET', '/api/v1/namespaces/web/pods/p/log/extra'],
  ['GET', '/apis/apps/v1x./deployments'],
  ['GET', '/healthz/'],
  ['GET', '/unknown'],
  ['GET', '/api/v1/namespaces/web/pods/p?watch=true'],
  ['GET', '/api/v1/namespaces/web/pods?watch=1&watch=0'],
  ['GET', '/api/v1/namespaces/web/pods?watch=maybe'],
  ['GET', '/api/v1/pods?watch=1;fieldSelector=x'],
  ['GET', '/api/v1/pods?limit=%ff'],
  ['POST', '/api/v1/watch/pods'],
  ['POST', '/api/v1/namespaces/web/pods/p/log'],
  ['DELETE', '/api/v1/namespaces/web/pods/p/exec'],
  ['PUT', '/api/v1/namespaces/web/pods'],
  ['OPTIONS', '/api/v1/pods'],
  ['get', '/api/v1/pods'],
  ['POST', '/version'],
])('K8-06 %s %s is refused', (method, path) => {
  expect(() => infoOf(method, path)).toThrow(expect.objectContaining({ name: 'RequestFault' }));
});

test.each([
  '/',
  '/version',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps/v1',
  '/openapi/v3/apis/apps/v1',
  '/livez/etcd',
  '/metrics',
])('K8-18 K8-21 %s is read under its path', (path) => {
  expect(infoOf('GET', path)).toMatchObject({ verb: 'get', isResource: false, resource: '', name: path });
});

test.each([
  '/configz',
  '/flagz',
  '/debug/pprof/cmdline',
  '/debug/api_priority_and_fairness/dump_requests',
  '/logs/audit.log',
])('K8-09 %s shows the inside of the API server, which permission to discover does not mean', (path) => {
  expect(() => infoOf('GET', path)).toThrow('inside of the API server');
});
