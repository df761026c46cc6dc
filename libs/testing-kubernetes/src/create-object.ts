import { randomBytes, randomUUID } from 'node:crypto';
import { checkAddress, checkFields, checkPodSecurity, requireNamespace, stampRequester } from './admission.js';
import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { subjectOf } from './cluster.js';
import { afterCreate } from './consequences.js';
import { applyDefaults, settle } from './defaults.js';
import { firstOf } from './header-values.js';
import { isRecord, text, timestamp } from './kubernetes-object.js';
import type { KubernetesObject, ObjectMeta } from './kubernetes-object.js';
import { manageUpdate } from './managed-fields.js';
import { present } from './read-objects.js';
import { decodeObject } from './request-body.js';
import type { ResourceKind } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';
import { requireTypes, validate } from './validation.js';
import type { WriteOptions } from './write-options.js';
import { writeOptionsOf } from './write-options.js';

export function createObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const options = writeOptionsOf(request);
  const raw = decodeObject(request.body, firstOf(request.headers, 'content-type'));
  checkAddress(target, raw);
  requireTypes(target.kind, raw);
  const warnings = checkFields(target.kind, raw, options);
  requireNamespace(cluster, target);
  const object = newObject(target, raw);
  stampRequester(request, object);
  manageUpdate(object, undefined, { name: options.manager, fields: { atomicLists: target.kind.schema !== undefined } });
  const stored = admitNew(cluster, target.kind, object, options);
  warnings.push(...checkPodSecurity(cluster, target.kind, stored));
  return { ...present(request, target.kind, stored, 201), warnings };
}

/** Defaults, checks and stores a new object. @throws StatusError 403, 409, 422 */
export function admitNew(
  cluster: Cluster,
  kind: ResourceKind,
  object: KubernetesObject,
  options: WriteOptions,
): KubernetesObject {
  applyDefaults(object);
  validate(kind, object);
  checkPodSecurity(cluster, kind, object);
  const { namespace, name } = object.metadata;
  if (cluster.store.get(kind, namespace, name)) throw StatusError.alreadyExists(subjectOf(kind, name));
  settle(object);
  if (options.dryRun) return object;
  const stored = cluster.store.put(kind, object);
  afterCreate(cluster, kind, stored);
  return stored;
}

/** What the client sent, under metadata of the server's making. */
export function newObject(target: ResourceRequest, raw: Record<string, unknown>): KubernetesObject {
  const { kind } = target;
  const given = isRecord(raw['metadata']) ? raw['metadata'] : {};
  const prefix = text(given['generateName']);
  const name =
    text(given['name']) || (prefix ? `${prefix}${randomBytes(3).toString('hex').slice(0, 5)}` : (target.name ?? ''));
  if (name === '') {
    const cause = {
      reason: 'FieldValueRequired',
      message: 'Required value: name or generateName is required',
      field: 'metadata.name',
    };
    throw StatusError.invalid(subjectOf(kind), [cause]);
  }
  const metadata: ObjectMeta = {
    ...metadataOf(given),
    name,
    ...(prefix ? { generateName: prefix } : {}),
    ...(kind.namespaced ? { namespace: target.namespace } : {}),
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: timestamp(),
    ...(isRecord(raw['spec']) && kind.kind !== 'Pod' ? { generation: 1 } : {}),
  };
  const rest = structuredClone(raw);
  if (kind.subresources.some((sub) => sub.name === 'status')) delete rest['status'];
  return { ...rest, kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
}

/** The parts of metadata that clients write. */
export function metadataOf(given: Record<string, unknown>): Partial<ObjectMeta> {
  const { labels, annotations, finalizers, ownerReferences } = given as Partial<ObjectMeta>;
  return structuredClone({
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(finalizers ? { finalizers } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
  });
}
