import { randomUUID } from 'node:crypto';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../cluster.js';
import { afterCreate } from '../consequences.js';
import { applyDefaults, settle } from '../defaults.js';
import type { KubernetesObject } from '../kubernetes-object.js';
import { timestamp } from '../kubernetes-object.js';
import { paymentsManifests } from './payments.js';
import { roleManifests } from './roles.js';
import type { SeedSecrets } from './secrets.js';

export interface SeedOptions {
  /** Plain pods `bench-00000` and on, in the namespace `web`. */
  readonly pods: number;
}

export function seed(cluster: Cluster, options: SeedOptions, secrets: SeedSecrets): void {
  for (const yaml of [clusterManifests, roleManifests, paymentsManifests(secrets), webManifests]) {
    for (const document of parseAllDocuments(yaml)) {
      if (document.errors[0]) throw document.errors[0];
      addObject(cluster, document.toJS() as object);
    }
  }
  for (let i = 0; i < options.pods; i += 1) addObject(cluster, benchPod(i));
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

const namespaceManifest = (name: string): string => `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}}
`;
const nodeManifest = (name: string, address: string): string => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {kubernetes.io/hostname: ${name}}}
spec: {}
status:
  addresses: [{type: InternalIP, address: ${address}}, {type: Hostname, address: ${name}}]
  conditions: [{type: Ready, status: "True", reason: KubeletReady, message: kubelet is posting ready status}]
  capacity: {cpu: "8", memory: 32Gi, pods: "110"}
  allocatable: {cpu: "8", memory: 32Gi, pods: "110"}
  nodeInfo: {kubeletVersion: v1.32.4}
`;
const clusterManifests = [
  ...['default', 'kube-system', 'payments', 'web'].map(namespaceManifest),
  nodeManifest('node-1', '192.168.0.11'),
  nodeManifest('node-2', '192.168.0.12'),
].join('---\n');
const webManifests = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: web, labels: {app: web}}
spec:
  containers:
    - {name: nginx, image: "nginx:1.27", ports: [{containerPort: 80}]}
    - {name: sidecar, image: "envoy:1.31"}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: web, labels: {app: web}}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
`;

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
