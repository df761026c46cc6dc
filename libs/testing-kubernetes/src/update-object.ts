import { checkAddress, checkFields, checkPodSecurity } from './admission.js';
import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { subjectOf } from './cluster.js';
import { afterDelete, afterUpdate } from './consequences.js';
import { metadataOf } from './create-object.js';
import { applyDefaults, runningStatus, settle } from './defaults.js';
import { firstOf } from './header-values.js';
import { at, isRecord, records, sameJson, text, timestamp } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { manageUpdate } from './managed-fields.js';
import { present } from './read-objects.js';
import { decodeObject } from './request-body.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';
import { requireTypes, validate } from './validation.js';
import type { WriteOptions } from './write-options.js';
import { writeOptionsOf } from './write-options.js';

export function updateObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const options = writeOptionsOf(request);
  const raw = decodeObject(request.body, firstOf(request.headers, 'content-type'));
  checkAddress(target, raw);
  const warnings = checkFields(target.kind, raw, options);
  const current = cluster.read(target.kind, target.namespace, target.name ?? '');
  const stored = replaceObject(cluster, target, { current, raw }, options);
  return { ...present(request, target.kind, stored), warnings };
}

interface Change {
  readonly current: KubernetesObject;
  /** What is to be in its place. */
  readonly raw: Record<string, unknown>;
}

/**
 * Puts a changed object in the place of the current one, as far as the subresource lets it.
 * @param options.managed set when the owners of fields are settled already
 * @param options.through the subresource that the change came by, when the target is not addressed by it
 * @throws StatusError 409, 422
 */
export function replaceObject(
  cluster: Cluster,
  target: ResourceRequest,
  { current, raw }: Change,
  options: WriteOptions & { readonly managed?: boolean; readonly through?: string },
): KubernetesObject {
  const { kind, subresource } = target;
  checkPreconditions(target, current, raw);
  requireTypes(kind, raw);
  const next = combine(target, current, raw);
  if (!subresource) applyDefaults(next);
  validate(kind, next, subresource ? undefined : current);
  checkPodSecurity(cluster, kind, next);
  if (!sameJson(next['spec'], current['spec'])) {
    if (current.metadata.generation !== undefined) next.metadata.generation = current.metadata.generation + 1;
    if (kind.kind !== 'Job' && kind.kind !== 'Pod') settle(next);
  }
  if (subresource?.name === 'ephemeralcontainers') startEphemeral(next);
  if (!options.managed && !sameJson(withoutManaged(next), withoutManaged(current))) {
    const fields = { atomicLists: kind.schema !== undefined };
    manageUpdate(next, current, { name: options.manager, subresource: options.through ?? subresource?.name, fields });
  }
  if (sameJson(next, current) || options.dryRun) return options.dryRun ? next : current;
  if (next.metadata.deletionTimestamp && !next.metadata.finalizers?.length) {
    const last = cluster.store.remove(kind, next);
    afterDelete(cluster, kind, last);
    return last;
  }
  const stored = cluster.store.put(kind, next);
  afterUpdate(cluster, kind, stored);
  return stored;
}

function checkPreconditions(target: ResourceRequest, current: KubernetesObject, raw: Record<string, unknown>): void {
  const subject = subjectOf(target.kind, current.metadata.name);
  const uid = text(at(raw, 'metadata', 'uid'));
  const revision = text(at(raw, 'metadata', 'resourceVersion'));
  if (uid && uid !== current.metadata.uid) {
    throw StatusError.conflict(
      subject,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    );
  }
  if (revision && revision !== current.metadata.resourceVersion) throw StatusError.conflict(subject);
}

/** Current and sent object, each with the parts this address may write. */
function combine(target: ResourceRequest, current: KubernetesObject, raw: Record<string, unknown>): KubernetesObject {
  const sent = structuredClone(raw);
  const before = structuredClone(current);
  const { kind, subresource } = target;
  if (subresource?.name === 'status') return { ...before, status: sent['status'] };
  if (subresource?.name === 'approval') return { ...before, status: sent['status'] };
  if (subresource?.name === 'ephemeralcontainers') {
    const added = at(sent, 'spec', 'ephemeralContainers');
    return { ...before, spec: { ...(before['spec'] as object), ephemeralContainers: added } };
  }
  if (subresource?.name === 'resize') return { ...before, spec: sent['spec'] };
  const written = metadataOf(isRecord(sent['metadata']) ? sent['metadata'] : {});
  const sentManaged = at(sent, 'metadata', 'managedFields');
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...fixed } = before.metadata;
  const metadata = { ...fixed, ...written };
  if (Array.isArray(sentManaged) && sentManaged.length)
    metadata.managedFields = sentManaged as typeof metadata.managedFields;
  const ownStatus = kind.subresources.some((sub) => sub.name === 'status');
  const next: KubernetesObject = { ...sent, apiVersion: current.apiVersion, kind: current.kind, metadata };
  if (ownStatus) delete next['status'];
  if (ownStatus && before['status'] !== undefined) next['status'] = before['status'];
  if (kind.kind === 'Service') keepAddress(next, before);
  return next;
}

function keepAddress(next: KubernetesObject, before: KubernetesObject): void {
  if (isRecord(next['spec'])) next['spec']['clusterIP'] ??= at(before, 'spec', 'clusterIP');
}

/** The kubelet starts debug containers at once. */
function startEphemeral(pod: KubernetesObject): void {
  const startedAt = timestamp();
  const statuses = records(at(pod, 'spec', 'ephemeralContainers')).map((container) =>
    runningStatus(container, startedAt),
  );
  pod['status'] = { ...(pod['status'] as object), ephemeralContainerStatuses: statuses };
}

function withoutManaged(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
