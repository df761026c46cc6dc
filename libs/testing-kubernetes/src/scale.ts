import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { firstOf } from './header-values.js';
import { at, isRecord, text } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { patchedBy } from './patch-object.js';
import { decodeObject, mediaTypeOf } from './request-body.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';
import { invalidValue } from './validation.js';
import { replaceObject } from './update-object.js';
import { writeOptionsOf } from './write-options.js';

/** The `scale` subresource: the number of replicas alone, as an object of its own. */
export function scaleObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const current = cluster.read(target.kind, target.namespace, target.name ?? '');
  if (request.method === 'GET') return { code: 200, body: scaleOf(current) };
  const contentType = firstOf(request.headers, 'content-type');
  const sent =
    request.method === 'PATCH'
      ? patchedBy(mediaTypeOf(contentType), scaleOf(current), request.body, false)
      : decodeObject(request.body, contentType);
  const replicas = Number(at(sent, 'spec', 'replicas') ?? 0);
  if (!Number.isInteger(replicas) || replicas < 0) {
    const cause = invalidValue('spec.replicas', at(sent, 'spec', 'replicas'), 'must be greater than or equal to 0');
    throw StatusError.invalid({ group: 'autoscaling', resource: 'scales', kind: 'Scale', name: target.name }, [cause]);
  }
  const raw = structuredClone(current) as Record<string, unknown>;
  raw['spec'] = { ...(isRecord(current['spec']) ? current['spec'] : {}), replicas };
  const resourceVersion = text(at(sent, 'metadata', 'resourceVersion')) || current.metadata.resourceVersion;
  raw['metadata'] = { ...current.metadata, resourceVersion };
  const options = { ...writeOptionsOf(request), through: 'scale' };
  const stored = replaceObject(cluster, { ...target, subresource: undefined }, { current, raw }, options);
  return { code: 200, body: scaleOf(stored) };
}

function scaleOf(object: KubernetesObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = at(object, 'spec', 'selector', 'matchLabels');
  const pairs = isRecord(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${text(value)}`) : [];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: at(object, 'spec', 'replicas') ?? 1 },
    status: { replicas: at(object, 'status', 'replicas') ?? 0, selector: pairs.join(',') },
  };
}
