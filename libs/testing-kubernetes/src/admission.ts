import type { ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import { subjectOf } from './cluster.js';
import { podSpecOf } from './defaults.js';
import { at, isRecord, records, text } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceKind } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';
import type { WriteOptions } from './write-options.js';

const topLevelFields = new Set(
  (
    'apiVersion kind metadata spec status data stringData binaryData immutable type rules aggregationRule roleRef subjects webhooks ' +
    'secrets imagePullSecrets automountServiceAccountToken subsets revision involvedObject reason message source firstTimestamp ' +
    'lastTimestamp count eventTime series action related reportingComponent reportingInstance regarding note reportingController target value globalDefault description preemptionPolicy'
  ).split(' '),
);

/** An object as the client sent it, checked against the address it was sent to. @throws StatusError 400, 404, 409 */
export function checkAddress(target: ResourceRequest, raw: Record<string, unknown>): void {
  const { kind } = target;
  const apiVersion = apiVersionOf(kind);
  if (raw['kind'] !== undefined && raw['kind'] !== kind.kind) {
    const typed = `${text(raw['apiVersion']) || apiVersion}, Kind=${text(raw['kind'])}`;
    throw StatusError.badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${typed} is another kind`,
    );
  }
  if (raw['apiVersion'] !== undefined && raw['apiVersion'] !== apiVersion) {
    throw StatusError.badRequest(
      `the API version in the data (${text(raw['apiVersion'])}) does not match the expected API version (${apiVersion})`,
    );
  }
  const namespace = at(raw, 'metadata', 'namespace');
  if (kind.namespaced && namespace && namespace !== target.namespace) {
    throw StatusError.badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  const name = at(raw, 'metadata', 'name');
  if (target.name && name && name !== target.name) {
    throw StatusError.badRequest(
      `the name of the object (${text(name)}) does not match the name on the URL (${target.name})`,
    );
  }
}

/** Fields no kind has. @returns warnings, unless they are errors @throws StatusError 400 */
export function checkFields(kind: ResourceKind, raw: Record<string, unknown>, options: WriteOptions): string[] {
  if (kind.schema || options.validation === 'Ignore') return [];
  const unknown = Object.keys(raw).filter((field) => !topLevelFields.has(field));
  const texts = unknown.map((field) => `unknown field "${field}"`);
  if (texts.length && options.validation === 'Strict') {
    const message = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${texts.join(', ')}`;
    throw StatusError.badRequest(message);
  }
  return texts;
}

/**
 * Pod Security: what a namespace's labels forbid or warn of, at the level of `baseline`.
 * @returns warnings @throws StatusError 403
 */
export function checkPodSecurity(cluster: Cluster, kind: ResourceKind, object: KubernetesObject): string[] {
  const spec = podSpecOf(object);
  const namespace = object.metadata.namespace;
  if (!spec || !namespace) return [];
  const labels = cluster.store.get(cluster.kind('', 'namespaces'), undefined, namespace)?.metadata.labels ?? {};
  const violations = podViolations(spec);
  if (violations.length === 0) return [];
  const level = (mode: string): string | undefined => {
    const value = labels[`pod-security.kubernetes.io/${mode}`];
    return value === 'baseline' || value === 'restricted' ? value : undefined;
  };
  const enforced = level('enforce');
  if (enforced && kind.kind === 'Pod') {
    const why = `violates PodSecurity "${enforced}:latest": ${violations.join(', ')}`;
    throw StatusError.forbidden(subjectOf(kind, object.metadata.name), why);
  }
  const warned = level('warn');
  return warned ? [`would violate PodSecurity "${warned}:latest": ${violations.join(', ')}`] : [];
}

function podViolations(spec: Record<string, unknown>): string[] {
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  const volumes = records(spec['volumes']).filter((volume) => isRecord(volume['hostPath']));
  const privileged = [...records(spec['containers']), ...records(spec['initContainers'])].filter(
    (container) => at(container, 'securityContext', 'privileged') === true,
  );
  return [
    ...(host.length ? [`host namespaces (${host.map((field) => `${field}=true`).join(', ')})`] : []),
    ...volumes.map((volume) => `hostPath volumes (volume "${text(volume['name'])}")`),
    ...privileged.map(
      (c) => `privileged (container "${text(c['name'])}" must not set securityContext.privileged=true)`,
    ),
  ];
}

/** @throws StatusError 404 when there is no such namespace, 403 when it is ending */
export function requireNamespace(cluster: Cluster, target: ResourceRequest): void {
  if (!target.kind.namespaced) return;
  const namespaces = cluster.kind('', 'namespaces');
  const found = cluster.read(namespaces, undefined, target.namespace ?? '');
  if (found.metadata.deletionTimestamp) {
    const why = `unable to create new content in namespace ${found.metadata.name} because it is being terminated`;
    throw StatusError.forbidden(subjectOf(target.kind), why);
  }
}

/** Marks who asked for a certificate: the server writes it, never the client. */
export function stampRequester(request: ApiRequest, object: KubernetesObject): void {
  if (object.kind !== 'CertificateSigningRequest' || !isRecord(object['spec'])) return;
  object['spec']['username'] = request.identity.effective.name;
  object['spec']['groups'] = request.identity.effective.groups;
}
