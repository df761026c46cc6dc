import { checkAddress, checkFields } from './admission.js';
import type { Answer, ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { admitNew, newObject } from './create-object.js';
import { firstOf } from './header-values.js';
import { applyJsonPatch } from './json-patch.js';
import { isRecord, sameJson } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { applyConfiguration } from './managed-fields.js';
import { applyMergePatch } from './merge-patch.js';
import { present } from './read-objects.js';
import { decodeJson, decodeYaml, mediaTypeOf } from './request-body.js';
import type { ResourceRequest } from './request-info.js';
import { requireNamespace } from './admission.js';
import { StatusError } from './status-error.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';
import { replaceObject } from './update-object.js';
import type { WriteOptions } from './write-options.js';
import { writeOptionsOf } from './write-options.js';

export const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export function patchObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const options = writeOptionsOf(request);
  const type = mediaTypeOf(firstOf(request.headers, 'content-type'));
  if (type === 'application/apply-patch+yaml') return applyObject(cluster, request, target, options);
  const current = cluster.read(target.kind, target.namespace, target.name ?? '');
  const patched = patchedBy(type, current, request.body, target.kind.schema !== undefined);
  if (!isRecord(patched)) throw StatusError.badRequest('the patched object is not an object');
  checkAddress(target, patched);
  const warnings = checkFields(target.kind, patched, options);
  const stored = replaceObject(cluster, target, { current, raw: patched }, options);
  return { ...present(request, target.kind, stored), warnings };
}

/** @throws StatusError 400, 415, 422 */
export function patchedBy(type: string, current: object, body: Buffer, custom: boolean): unknown {
  if (type === 'application/json-patch+json') return applyJsonPatch(current, decodeJson(body));
  if (type === 'application/merge-patch+json') return applyMergePatch(current, decodeJson(body));
  if (type === 'application/strategic-merge-patch+json' && !custom) {
    const patch = decodeJson(body);
    if (!isRecord(patch)) throw StatusError.badRequest('error decoding patch: json: cannot unmarshal');
    return applyStrategicMergePatch(current as Record<string, unknown>, patch);
  }
  throw StatusError.unsupportedMediaType(
    custom ? patchTypes.filter((known) => !known.includes('strategic')) : patchTypes,
  );
}

function applyObject(cluster: Cluster, request: ApiRequest, target: ResourceRequest, options: WriteOptions): Answer {
  if (!request.query.get('fieldManager')) {
    const message = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch';
    throw new StatusError(422, 'Invalid', message);
  }
  const configuration = decodeYaml(request.body);
  if (!isRecord(configuration)) throw StatusError.badRequest('error decoding YAML: the configuration is not an object');
  if (configuration['kind'] === undefined || configuration['apiVersion'] === undefined) {
    throw StatusError.badRequest("Object 'Kind' is missing in the configuration");
  }
  checkAddress(target, configuration);
  const warnings = checkFields(target.kind, configuration, options);
  const subresource = target.subresource?.name;
  const manager = {
    name: options.manager,
    subresource,
    force: options.force,
    fields: { atomicLists: target.kind.schema !== undefined },
  };
  const current = cluster.store.get(target.kind, target.namespace, target.name ?? '');
  if (!current) {
    requireNamespace(cluster, target);
    const fresh = newObject(target, configuration);
    const owned = applyConfiguration(undefined, configuration as KubernetesObject, manager);
    fresh.metadata.managedFields = owned.metadata.managedFields;
    const stored = admitNew(cluster, target.kind, fresh, options);
    return { ...present(request, target.kind, stored, 201), warnings };
  }
  const merged = applyConfiguration(current, configuration as KubernetesObject, manager);
  keepLastApplied(merged, current, configuration, manager.name);
  const unchanged = sameJson({ ...merged, metadata: 0 }, { ...current, metadata: 0 });
  const stored = replaceObject(cluster, target, { current, raw: merged }, { ...options, managed: true });
  return { ...present(request, target.kind, unchanged && options.dryRun ? merged : stored), warnings };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** While kubectl applies on the server, the annotation of its older way is kept up to date for it. */
function keepLastApplied(
  merged: KubernetesObject,
  current: KubernetesObject,
  configuration: Record<string, unknown>,
  manager: string,
): void {
  if (manager !== 'kubectl' || current.metadata.annotations?.[lastApplied] === undefined) return;
  merged.metadata.annotations = { ...merged.metadata.annotations, [lastApplied]: `${JSON.stringify(configuration)}\n` };
}
