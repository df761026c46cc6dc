import { accessMessages } from './messages/access-messages.js';
import { coreMessages } from './messages/core-messages.js';
import { metadataMessages } from './messages/metadata-messages.js';
import { podMessages } from './messages/pod-messages.js';
import { volumeMessages } from './messages/volume-messages.js';
import { workloadMessages } from './messages/workload-messages.js';

export interface ProtobufField {
  readonly name: string;
  /** `string`, `int`, `long`, `bool`, `bytes`, or the name of a message. */
  readonly type: string;
  readonly shape: 'one' | 'list' | 'map';
  /** Told apart from absent even when zero: a pointer in Go. */
  readonly keepsZero: boolean;
  /** Its fields are those of the message around it: Go embeds it. */
  readonly embedded: boolean;
}
export type ProtobufMessage = ReadonlyMap<number, ProtobufField>;

/** The messages that kubectl 1.32 and 1.33 send: numbers of the wire, names of the JSON (k8s.io/api). */
const sources: ReadonlyMap<string, string> = new Map(
  [metadataMessages, coreMessages, podMessages, volumeMessages, workloadMessages, accessMessages].flatMap((messages) =>
    Object.entries(messages),
  ),
);

/** What kubectl sends by commands that make up objects themselves; whatever it is given as a file it sends as JSON. */
const kindsByVersion: Readonly<Record<string, string>> = {
  v1: 'ConfigMap Namespace Pod ResourceQuota Secret Service ServiceAccount',
  'apps/v1': 'Deployment',
  'authentication.k8s.io/v1': 'SelfSubjectReview TokenRequest',
  'authorization.k8s.io/v1': 'SelfSubjectAccessReview SelfSubjectRulesReview',
  'autoscaling/v1': 'HorizontalPodAutoscaler Scale',
  'autoscaling/v2': 'HorizontalPodAutoscaler',
  'batch/v1': 'CronJob Job',
  'certificates.k8s.io/v1': 'CertificateSigningRequest',
  'networking.k8s.io/v1': 'Ingress',
  'policy/v1': 'Eviction PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
  'scheduling.k8s.io/v1': 'PriorityClass',
};
const messagesByKind: ReadonlyMap<string, string> = new Map(
  Object.entries(kindsByVersion).flatMap(([version, kinds]) =>
    kinds.split(' ').map((kind) => [`${version} ${kind}`, version === 'autoscaling/v2' ? `${kind}V2` : kind] as const),
  ),
);
const groupVersion = /^(?:[a-z0-9][a-z0-9.-]{0,252}\/)?v[0-9]{1,3}(?:(?:alpha|beta)[0-9]{1,3})?$/;
const compiled = new Map<string, ProtobufMessage>();

/** The message of a kind, or undefined. The options of a delete are the same in every version of every group. */
export function messageOfKind(apiVersion: string, kind: string): string | undefined {
  if (kind === 'DeleteOptions') return groupVersion.test(apiVersion) ? kind : undefined;
  return messagesByKind.get(`${apiVersion} ${kind}`);
}

export function listedKinds(): string[] {
  return [...messagesByKind.keys()];
}

/** @throws RangeError for a message that is not listed */
export function protobufMessage(name: string): ProtobufMessage {
  let message = compiled.get(name);
  if (message === undefined) {
    const source = sources.get(name);
    if (source === undefined) throw new RangeError(`no message ${name} is listed`);
    message = compileMessage(source);
    compiled.set(name, message);
  }
  return message;
}

/**
 * Fields as `name:number`, then `=type` where it is no string: `[type]` a list, `{type}` a map from strings, `type?` one
 * that may be zero without being absent, `type!` one that is embedded.
 */
function compileMessage(source: string): ProtobufMessage {
  return new Map(source.split(' ').filter(Boolean).map(compileField));
}

function compileField(source: string): [number, ProtobufField] {
  const parts = /^(\w+):(\d+)(?:=([[{]?)(\w+)[\]}]?([?!])?)?$/.exec(source);
  if (parts === null) throw new RangeError(`${source} is no field`);
  const [, name = '', number, open, type = 'string', mark] = parts;
  const shape = open === '[' ? 'list' : open === '{' ? 'map' : 'one';
  return [Number(number), { name, type, shape, keepsZero: mark === '?', embedded: mark === '!' }];
}
