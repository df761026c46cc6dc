import { podSpecOf } from './defaults.js';
import { at, isRecord, records, sameJson, strings, text } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceKind } from './resource-kind.js';
import type { StatusCause } from './status-error.js';
import { StatusError } from './status-error.js';
import { subjectOf } from './cluster.js';

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** @throws StatusError 422 whose causes name the fields and repeat their values */
export function validate(kind: ResourceKind, object: KubernetesObject, previous?: KubernetesObject): void {
  const causes = [
    ...metadataCauses(object),
    ...(podSpecOf(object) ? podCauses(object) : []),
    ...(kindCauses[object.kind]?.(object) ?? []),
    ...(previous ? changeCauses(object, previous) : []),
  ];
  if (causes.length) throw StatusError.invalid(subjectOf(kind, object.metadata.name), causes);
}

export function invalidValue(field: string, value: unknown, rule: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${rule}`, field };
}

function required(field: string, detail = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: `Required value${detail ? `: ${detail}` : ''}`, field };
}

function unsupported(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const list = supported.map((name) => JSON.stringify(name)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

function metadataCauses({ kind, metadata }: KubernetesObject): StatusCause[] {
  const rbac = /Role/.test(kind);
  const nameIsFine = rbac ? !/[/%]/.test(metadata.name) : dnsSubdomain.test(metadata.name);
  return [
    ...(nameIsFine && metadata.name.length <= 253 ? [] : [invalidValue('metadata.name', metadata.name, subdomainRule)]),
    ...Object.values(metadata.labels ?? {})
      .filter((value) => !labelValue.test(value) || value.length > 63)
      .map((value) => invalidValue('metadata.labels', value, labelRule)),
  ];
}

function podCauses(object: KubernetesObject): StatusCause[] {
  const spec = podSpecOf(object);
  const prefix = object.kind === 'Pod' ? 'spec' : 'spec.template.spec';
  const containers = records(spec?.['containers']);
  const policy = spec?.['restartPolicy'];
  const policies = ['Always', 'OnFailure', 'Never'];
  return [
    ...(containers.length ? [] : [required(`${prefix}.containers`)]),
    ...containers.flatMap((container, i) => containerCauses(container, `${prefix}.containers[${i}]`)),
    ...(policies.includes(text(policy)) ? [] : [unsupported(`${prefix}.restartPolicy`, policy, policies)]),
  ];
}

function containerCauses(container: Record<string, unknown>, field: string): StatusCause[] {
  const name = container['name'];
  const invalidPorts = records(container['ports'])
    .map((port, i): StatusCause | undefined => {
      const number = Number(port['containerPort']);
      if (number >= 1 && number <= 65_535) return undefined;
      return invalidValue(
        `${field}.ports[${i}].containerPort`,
        port['containerPort'],
        'must be between 1 and 65535, inclusive',
      );
    })
    .filter((cause) => cause !== undefined);
  return [
    ...(name === undefined ? [required(`${field}.name`)] : []),
    ...(typeof name === 'string' && !dnsLabel.test(name) ? [invalidValue(`${field}.name`, name, subdomainRule)] : []),
    ...(container['image'] ? [] : [required(`${field}.image`)]),
    ...invalidPorts,
  ];
}

const kindCauses: Readonly<Record<string, (object: KubernetesObject) => StatusCause[]>> = {
  Deployment: workloadCauses,
  ReplicaSet: workloadCauses,
  DaemonSet: workloadCauses,
  StatefulSet: workloadCauses,
  Service: (object) =>
    records(at(object, 'spec', 'ports')).flatMap((port, i) => {
      const number = Number(port['port']);
      return number >= 1 && number <= 65_535
        ? []
        : [invalidValue(`spec.ports[${i}].port`, port['port'], 'must be between 1 and 65535, inclusive')];
    }),
  Secret: (object) =>
    object['type'] === 'kubernetes.io/tls' && !at(object, 'data', 'tls.crt') ? [required('data[tls.crt]')] : [],
  RoleBinding: (object) => (at(object, 'roleRef', 'name') ? [] : [required('roleRef.name')]),
  ClusterRoleBinding: (object) => (at(object, 'roleRef', 'name') ? [] : [required('roleRef.name')]),
};

function workloadCauses(object: KubernetesObject): StatusCause[] {
  const replicas = at(object, 'spec', 'replicas');
  const selector = at(object, 'spec', 'selector', 'matchLabels');
  const labels = at(object, 'spec', 'template', 'metadata', 'labels');
  if (!isRecord(selector)) return [required('spec.selector')];
  const matches = isRecord(labels) && Object.entries(selector).every(([name, value]) => labels[name] === value);
  return [
    ...(Number(replicas ?? 0) < 0
      ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]
      : []),
    ...(matches
      ? []
      : [invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]),
  ];
}

/** What may not change once it is. */
function changeCauses(object: KubernetesObject, previous: KubernetesObject): StatusCause[] {
  const immutable = (field: string, ...path: string[]): StatusCause[] =>
    sameJson(at(object, ...path), at(previous, ...path))
      ? []
      : [invalidValue(field, at(object, ...path), 'field is immutable')];
  if (object.kind === 'Secret' || object.kind === 'ConfigMap') {
    const frozen = previous['immutable'] === true && !sameJson(object['data'], previous['data']);
    const forbidden = {
      reason: 'FieldValueForbidden',
      message: 'Forbidden: field is immutable when `immutable` is set',
      field: 'data',
    };
    return [...(object.kind === 'Secret' ? immutable('type', 'type') : []), ...(frozen ? [forbidden] : [])];
  }
  if (object.kind === 'Deployment' || object.kind === 'ReplicaSet')
    return immutable('spec.selector', 'spec', 'selector');
  if (object.kind === 'RoleBinding' || object.kind === 'ClusterRoleBinding') return immutable('roleRef', 'roleRef');
  return object.kind === 'Pod' ? podChangeCauses(object, previous) : [];
}

const changeable = ['activeDeadlineSeconds', 'terminationGracePeriodSeconds', 'tolerations', 'ephemeralContainers'];

/** A running pod: images and little else. The answer shows both specs, their environment values included. */
function podChangeCauses(object: KubernetesObject, previous: KubernetesObject): StatusCause[] {
  const fixed = (pod: KubernetesObject): unknown => {
    const spec = structuredClone(pod['spec']) as Record<string, unknown>;
    for (const field of changeable) delete spec[field];
    for (const container of [...records(spec['containers']), ...records(spec['initContainers'])])
      delete container['image'];
    return spec;
  };
  if (sameJson(fixed(object), fixed(previous))) return [];
  const fields = strings([
    'spec.containers[*].image',
    'spec.initContainers[*].image',
    ...changeable.slice(0, 3).map((f) => `spec.${f}`),
  ]);
  const difference = `- ${JSON.stringify(fixed(previous))}\n+ ${JSON.stringify(fixed(object))}`;
  const message = `Forbidden: pod updates may not change fields other than ${fields.map((f) => `\`${f}\``).join(',')}\n${difference}`;
  return [{ reason: 'FieldValueForbidden', message, field: 'spec' }];
}

/** Fields whose type the decoder would refuse before any validation. @throws StatusError 400 */
export function requireTypes(kind: ResourceKind, object: Record<string, unknown>): void {
  const prefix = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`;
  if (kind.kind !== 'Secret' && kind.kind !== 'ConfigMap') return;
  for (const field of ['data', 'stringData']) {
    for (const value of Object.values(isRecord(object[field]) ? object[field] : {})) {
      if (typeof value !== 'string') {
        const goType = `Go struct field ${kind.kind}.${field} of type string`;
        throw StatusError.badRequest(`${prefix}: json: cannot unmarshal ${typeof value} into ${goType}`);
      }
      if (kind.kind === 'Secret' && field === 'data' && !/^[A-Za-z0-9+/\s]*={0,2}$/.test(value)) {
        const position = value.search(/[^A-Za-z0-9+/]/);
        throw StatusError.badRequest(`${prefix}: illegal base64 data at input byte ${position}`);
      }
    }
  }
}
