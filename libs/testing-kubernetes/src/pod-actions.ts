import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { end } from './delete-object.js';
import { firstOf } from './header-values.js';
import { at, isRecord, text } from './kubernetes-object.js';
import { decodeObject } from './request-body.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';
import { subjectOf } from './cluster.js';
import { writeOptionsOf } from './write-options.js';

const created = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Eviction: a deletion that a disruption budget could forbid. */
export function evict(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const eviction = decodeObject(request.body, firstOf(request.headers, 'content-type'));
  const pod = cluster.read(target.kind, target.namespace, target.name ?? '');
  const options = isRecord(eviction['deleteOptions']) ? eviction['deleteOptions'] : {};
  const dryRun = writeOptionsOf(request).dryRun || Array.isArray(options['dryRun']);
  const grace = options['gracePeriodSeconds'];
  end(cluster, target.kind, pod, {
    dryRun,
    ...(grace === undefined ? {} : { graceSeconds: Number(grace) }),
    propagation: 'Background',
  });
  return { code: 201, body: created };
}

/** Binding: assigns a pod to a node. */
export function bind(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const binding = decodeObject(request.body, firstOf(request.headers, 'content-type'));
  const pod = cluster.read(target.kind, target.namespace, target.name ?? '');
  const node = text(at(binding, 'target', 'name'));
  const assigned = at(pod, 'spec', 'nodeName');
  if (assigned) {
    const why = `pod ${pod.metadata.name} is already assigned to node "${text(assigned)}"`;
    throw StatusError.conflict(subjectOf(target.kind, pod.metadata.name), why);
  }
  if (!writeOptionsOf(request).dryRun) {
    cluster.store.put(target.kind, { ...pod, spec: { ...(pod['spec'] as object), nodeName: node } });
  }
  return { code: 201, body: created };
}
