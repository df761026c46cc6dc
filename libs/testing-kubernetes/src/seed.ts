import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { mastersGroup } from './authentication.js';
import type { Cluster } from './cluster.js';
import { applyDefaults, settle } from './defaults.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { timestamp } from './kubernetes-object.js';
import { logAnnotation } from './pod-logs.js';
import { afterCreate } from './consequences.js';

export interface SeedOptions {
  /** Plain pods `bench-00000` and on, in the namespace `web`. */
  readonly pods: number;
}
/** Secret values that the seed hides in every place where secrets are found; all of them differ. */
export interface SeedSecrets {
  /** Value of the secret `payments/database`, plain. */
  readonly secretValue: string;
  /** In the same secret's last-applied annotation. */
  readonly lastApplied: string;
  /** In the environment of pod and deployment `payments/api`. */
  readonly environment: string;
  /** In the values of the Helm release `payments`. */
  readonly helmRelease: string;
  /** In the ConfigMap `payments/settings`. */
  readonly configMap: string;
  /** In the log of pod `payments/api`. */
  readonly log: string;
  /** In the message of an event. */
  readonly event: string;
}

export const namespaces = ['default', 'kube-system', 'payments', 'web'] as const;

export function seed(cluster: Cluster, options: SeedOptions, secrets: SeedSecrets): void {
  const add = (object: object): void => void addObject(cluster, object);
  for (const name of namespaces) add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const name of ['node-1', 'node-2']) add(node(name));
  seedRoles(add);
  seedPayments(add, secrets);
  for (let i = 0; i < options.pods; i += 1) add(benchPod(i));
  const web = { name: 'web', namespace: 'web', labels: { app: 'web' } };
  add({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...web, name: 'web-0' },
    spec: {
      containers: [
        { name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }] },
        { name: 'sidecar', image: 'envoy:1.31' },
      ],
    },
  });
  add({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: web,
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
  });
}

/** Stores an object as if controllers had long seen to it. */
export function addObject(cluster: Cluster, manifest: object): KubernetesObject {
  const object = structuredClone(manifest) as KubernetesObject;
  object.metadata = { ...object.metadata, uid: randomUUID(), resourceVersion: '', creationTimestamp: timestamp() };
  applyDefaults(object);
  settle(object);
  const kind = cluster.registry.byKind(object.apiVersion, object.kind);
  if (!kind) throw new Error(`no kind ${object.kind} in ${object.apiVersion}`);
  const stored = cluster.store.put(kind, object);
  afterCreate(cluster, kind, stored);
  return stored;
}

function seedPayments(add: (object: object) => void, secrets: SeedSecrets): void {
  const namespace = 'payments';
  const labels = { app: 'api' };
  const data = {
    password: Buffer.from(secrets.secretValue).toString('base64'),
    username: Buffer.from('app').toString('base64'),
  };
  const applied = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'database', namespace },
    stringData: { password: secrets.lastApplied },
  };
  add({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'database',
      namespace,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(applied)}\n` },
    },
    data,
    type: 'Opaque',
  });
  const release = {
    name: 'payments',
    version: 1,
    config: { database: { password: secrets.helmRelease } },
    info: { status: 'deployed' },
  };
  const packed = gzipSync(JSON.stringify(release)).toString('base64');
  add({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'sh.helm.release.v1.payments.v1',
      namespace,
      labels: { owner: 'helm', name: 'payments', status: 'deployed', version: '1' },
    },
    data: { release: Buffer.from(packed).toString('base64') },
    type: 'helm.sh/release.v1',
  });
  add({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace },
    data: { 'app.yaml': `api_key: ${secrets.configMap}\n`, mode: 'live' },
  });
  const container = {
    name: 'api',
    image: 'registry.example/payments/api:1.4.2',
    env: [
      { name: 'API_TOKEN', value: secrets.environment },
      { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
    ],
    ports: [{ containerPort: 8080 }],
  };
  const log = `listening on 8080\nlogin with token ${secrets.log}\nready`;
  add({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'api', namespace, labels, annotations: { [logAnnotation]: log } },
    spec: { containers: [container] },
  });
  const template = { metadata: { labels }, spec: { containers: [container] } };
  add({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'api', namespace, labels, generation: 1 },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: structuredClone(template) },
  });
  add({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'api', namespace, labels },
    spec: { selector: labels, ports: [{ name: 'http', port: 8080 }] },
  });
  add({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace } });
  const now = timestamp();
  add({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'api.17f0a1', namespace },
    involvedObject: { kind: 'Pod', namespace, name: 'api', apiVersion: 'v1' },
    reason: 'BackOff',
    message: `failed to start: bad credential ${secrets.event}`,
    type: 'Warning',
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'kubelet' },
  });
}

function node(name: string): object {
  const addresses = [
    { type: 'InternalIP', address: name === 'node-1' ? '192.168.0.11' : '192.168.0.12' },
    { type: 'Hostname', address: name },
  ];
  const conditions = [
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ];
  const capacity = { cpu: '8', memory: '32Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: { addresses, conditions, capacity, allocatable: capacity, nodeInfo: { kubeletVersion: 'v1.32.4' } },
  };
}

function benchPod(index: number): object {
  const name = `bench-${String(index).padStart(5, '0')}`;
  const env = [{ name: 'INDEX', value: String(index) }];
  const labels = { app: 'bench', shard: String(index % 10) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'web', labels },
    spec: { containers: [{ name: 'main', image: 'registry.example/bench:1', env }] },
  };
}

function seedRoles(add: (object: object) => void): void {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const role = (name: string, rules: object[]): void =>
    add({ apiVersion, kind: 'ClusterRole', metadata: { name }, rules });
  const bind = (name: string, roleName: string, subject: object): void =>
    add({
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
      subjects: [subject],
    });
  const group = (name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name });
  const read = ['get', 'list', 'watch'];
  role('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]);
  role('view', [
    {
      apiGroups: [''],
      resources: ['namespaces', 'pods', 'pods/log', 'services', 'configmaps', 'events', 'serviceaccounts'],
      verbs: read,
    },
    { apiGroups: ['apps', 'batch', 'networking.k8s.io'], resources: ['*'], verbs: read },
  ]);
  role('system:discovery', [
    {
      nonResourceURLs: ['/', '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', '/version', '/version/'],
      verbs: ['get'],
    },
  ]);
  role('system:basic-user', [
    {
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      verbs: ['create'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]);
  role('impersonator', [
    {
      apiGroups: ['', 'authentication.k8s.io'],
      resources: ['users', 'groups', 'serviceaccounts', 'uids', 'userextras/*'],
      verbs: ['impersonate'],
    },
  ]);
  bind('cluster-admin', 'cluster-admin', group(mastersGroup));
  bind('system:discovery', 'system:discovery', group('system:authenticated'));
  bind('system:basic-user', 'system:basic-user', group('system:authenticated'));
  bind('viewers', 'view', group('viewers'));
  bind('gateways', 'impersonator', group('gateways'));
}
