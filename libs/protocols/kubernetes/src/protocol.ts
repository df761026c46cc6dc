import type { Capabilities } from '@sallyport/enforcement';
import type { HttpProtocol, LocalResponse, Refusal } from '@sallyport/http-core';
import type { RequestHead } from '@sallyport/http-wire';
import { statusResponse } from './answer/status.js';
import { ClusterTarget } from './inspect.js';
import { credentialOf } from './request/credential.js';
import { Query } from './request/query.js';
import { parseRequestInfo } from './request/request-info.js';

export const capabilities: Capabilities = {
  maskable: new Set(['maskField']),
  masks: new Set(['redact', 'pseudonym', 'partial', 'null']),
};

/** The API of Kubernetes clusters, at `/k8s/RESOURCE`: what kubectl and client libraries talk to. */
export function createKubernetesProtocol(): HttpProtocol {
  return {
    protocol: 'kubernetes',
    prefix: 'k8s',
    capabilities,
    credentialOf,
    target: (binding, services) => new ClusterTarget(binding, services),
    refusal,
  };
}

function refusal(why: Refusal, head: RequestHead): LocalResponse {
  const denied = why.status === 403 && isAcrossNamespaces(head);
  return statusResponse(why, denied ? 'name a namespace: this asks for the objects of all of them' : undefined);
}

/** Lists and watches of all namespaces need a permission on the whole cluster: leaving out the rest would look complete. */
function isAcrossNamespaces(head: RequestHead): boolean {
  try {
    const info = parseRequestInfo(head.method, head.target, Query.parse(head.target.query));
    const across = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection';
    return across && info.namespace === '' && info.isResource;
  } catch {
    return false;
  }
}
