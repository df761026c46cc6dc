import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { subjectOf } from './cluster.js';
import { afterDelete } from './consequences.js';
import { firstOf } from './header-values.js';
import { encodeList } from './json-encoding.js';
import { at, isRecord, text, timestamp } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { present } from './read-objects.js';
import { decodeObject } from './request-body.js';
import type { ResourceKind } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import type { ResourceRequest } from './request-info.js';
import { parseSelectors } from './selectors.js';
import { StatusError } from './status-error.js';

/** How long a pod takes to end after it was asked to, however long it may take. */
const podEndMs = 60;

interface DeleteOptions {
  readonly dryRun: boolean;
  readonly graceSeconds?: number;
  readonly propagation: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export function deleteObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const options = deleteOptionsOf(request);
  const object = cluster.read(target.kind, target.namespace, target.name ?? '');
  const { last, gone } = end(cluster, target.kind, object, options);
  if (!gone || target.kind.kind === 'Pod') return present(request, target.kind, last);
  const { group, plural } = target.kind;
  const details = { name: last.metadata.name, ...(group ? { group } : {}), kind: plural, uid: last.metadata.uid };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

export function deleteCollection(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const { kind, namespace } = target;
  const options = deleteOptionsOf(request);
  const matches = parseSelectors(kind.kind, request.query.get('labelSelector'), request.query.get('fieldSelector'));
  const ended = cluster.list(kind, namespace).filter(matches);
  const items = ended.map((object) => end(cluster, kind, object, options).last);
  const metadata = { resourceVersion: String(cluster.store.revision) };
  const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata };
  return { code: 200, body: encodeList(head, items, kind.schema !== undefined), contentType: 'application/json' };
}

/** @throws StatusError 409 when a precondition does not hold */
export function end(
  cluster: Cluster,
  kind: ResourceKind,
  object: KubernetesObject,
  options: DeleteOptions,
): { last: KubernetesObject; gone: boolean } {
  const { metadata } = object;
  const subject = subjectOf(kind, metadata.name);
  if (options.uid && options.uid !== metadata.uid)
    throw StatusError.conflict(
      subject,
      `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${metadata.uid}`,
    );
  if (options.resourceVersion && options.resourceVersion !== metadata.resourceVersion)
    throw StatusError.conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
  if (options.dryRun) return { last: object, gone: true };
  const grace =
    kind.kind === 'Pod'
      ? (options.graceSeconds ?? Number(at(object, 'spec', 'terminationGracePeriodSeconds') ?? 30))
      : 0;
  if (metadata.finalizers?.length || grace > 0) {
    const last = metadata.deletionTimestamp ? object : mark(cluster, kind, object, grace);
    if (!metadata.finalizers?.length) setTimeout(() => removeIfSame(cluster, kind, last), podEndMs).unref();
    return { last, gone: false };
  }
  return { last: remove(cluster, kind, object, options.propagation), gone: true };
}

function mark(cluster: Cluster, kind: ResourceKind, object: KubernetesObject, grace: number): KubernetesObject {
  const deletionTimestamp = timestamp(new Date(Date.now() + grace * 1000));
  const metadata = { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace };
  return cluster.store.put(kind, { ...object, metadata });
}

function removeIfSame(cluster: Cluster, kind: ResourceKind, object: KubernetesObject): void {
  const current = cluster.store.get(kind, object.metadata.namespace, object.metadata.name);
  if (current && current.metadata.uid === object.metadata.uid && !current.metadata.finalizers?.length) {
    remove(cluster, kind, current, 'Background');
  }
}

/** Removes an object and, unless they are orphaned, what it owns. */
function remove(cluster: Cluster, kind: ResourceKind, object: KubernetesObject, propagation: string): KubernetesObject {
  const last = cluster.store.remove(kind, object);
  afterDelete(cluster, kind, last);
  const { uid } = object.metadata;
  for (const { collection, object: owned } of cluster.store.everything()) {
    const references = owned.metadata.ownerReferences ?? [];
    const ownedKind = cluster.registry.byCollection(collection);
    if (!ownedKind || !references.some((reference) => reference.uid === uid)) continue;
    const others = references.filter((reference) => reference.uid !== uid);
    if (propagation === 'Orphan' || others.length) {
      const metadata = { ...owned.metadata, ownerReferences: others.length ? others : undefined };
      cluster.store.put(ownedKind, { ...owned, metadata });
    } else remove(cluster, ownedKind, owned, propagation);
  }
  return last;
}

/** From the body, and from the query, which says the same in other words. */
function deleteOptionsOf(request: ApiRequest): DeleteOptions {
  const body = request.body.length ? decodeObject(request.body, firstOf(request.headers, 'content-type')) : {};
  const dryRun = [
    ...(Array.isArray(body['dryRun']) ? (body['dryRun'] as unknown[]) : []),
    ...request.query.getAll('dryRun'),
  ];
  if (dryRun.some((value) => value !== 'All')) {
    throw new StatusError(422, 'Invalid', 'dryRun: Unsupported value: supported values: "All"');
  }
  const grace = body['gracePeriodSeconds'] ?? request.query.get('gracePeriodSeconds') ?? undefined;
  const propagation = text(body['propagationPolicy'] ?? request.query.get('propagationPolicy')) || 'Background';
  if (!['Background', 'Foreground', 'Orphan'].includes(propagation)) {
    const supported = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    throw new StatusError(
      422,
      'Invalid',
      `propagationPolicy: Unsupported value: ${JSON.stringify(propagation)}: ${supported}`,
    );
  }
  const preconditions = isRecord(body['preconditions']) ? body['preconditions'] : {};
  return {
    dryRun: dryRun.length > 0,
    ...(grace === undefined ? {} : { graceSeconds: Number(grace) }),
    propagation,
    uid: text(preconditions['uid']) || undefined,
    resourceVersion: text(preconditions['resourceVersion']) || undefined,
  };
}
