import type { RequestInfo } from '../request/request-info.js';
import type { KnownBody } from '../request/read-body.js';
import { memberOf } from '../request/json-value.js';
import { builtInGroups } from './built-in-groups.js';
import { replacesMetadata, takenAway } from './taken-away.js';

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** A write to any of these changes who may do what, or what the API server itself does. */
const groupRisks: ReadonlyMap<string, string> = new Map([
  ['rbac.authorization.k8s.io', 'rbac'],
  ['admissionregistration.k8s.io', 'webhook'],
  ['apiextensions.k8s.io', 'crd'],
  ['apiregistration.k8s.io', 'apiservice'],
  ['certificates.k8s.io', 'csr'],
]);
const subresourceRisks: ReadonlyMap<string, string> = new Map([
  ['pods/ephemeralcontainers', 'ephemeralContainers'],
  ['pods/binding', 'nodeName'],
  ['serviceaccounts/token', 'tokenRequest'],
  ['namespaces/finalize', 'finalizers'],
]);

/** Risks that lie in what is asked for, whatever the body holds (K8-11). */
export function requestRisks(info: RequestInfo, body: KnownBody | undefined): string[] {
  if (info.verb === 'proxy' && info.group === '' && info.resource === 'nodes') return ['nodeProxy'];
  if (!writes.has(info.verb)) return [];
  const risks = takenAway(info, body);
  if (!builtInGroups.has(info.group)) risks.push('unknownKind');
  const groupRisk = groupRisks.get(info.group);
  if (groupRisk !== undefined) risks.push(groupRisk);
  if (info.group !== '') return isReview(info) ? [...risks, 'review'] : risks;
  const subresourceRisk = subresourceRisks.get(`${info.resource}/${info.subresource}`);
  if (subresourceRisk !== undefined) risks.push(subresourceRisk);
  if (info.resource === 'bindings') risks.push('nodeName');
  if (info.resource === 'namespaces' && touchesLabels(info, body)) risks.push('namespaceLabels');
  return risks;
}

/** Asks what others may do, or whose a token is. What one may do oneself is everybody's to ask (K8-21). */
function isReview({ group, resource }: RequestInfo): boolean {
  return (group === 'authentication.k8s.io' || group === 'authorization.k8s.io') && !resource.startsWith('selfsubject');
}

/**
 * A namespace's labels choose what pods in it may be (pod security admission). A whole new object may lack some, and so may
 * what is applied: the server takes away what the same manager applied before and applies no longer.
 */
function touchesLabels(info: RequestInfo, body: KnownBody | undefined): boolean {
  if (info.verb === 'update') return true;
  if (info.verb === 'patch') {
    if (!body || body.operations || body.contentType === 'application/apply-patch+yaml') return true;
    if (replacesMetadata(body)) return true;
  }
  return memberOf(memberOf(body?.value, 'metadata'), 'labels') !== undefined;
}
