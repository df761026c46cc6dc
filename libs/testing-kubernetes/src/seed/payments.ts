import { gzipSync } from 'node:zlib';
import { logAnnotation } from '../pod-logs.js';
import type { SeedSecrets } from './secrets.js';

/** YAML of the namespace `payments`: an application, and a secret in every place where secrets are found. */
export function paymentsManifests(secrets: SeedSecrets): string {
  return [secretManifests(secrets), workloadManifests(secrets), eventManifest(secrets)].join('---\n');
}

function secretManifests(secrets: SeedSecrets): string {
  const metadata = { name: 'database', namespace: 'payments' };
  const applied = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: secrets.lastApplied } };
  // Helm's own packing: JSON, gzip, base64, and base64 once more for being in a secret.
  const release = {
    name: 'payments',
    version: 1,
    config: { password: secrets.helmRelease },
    info: { status: 'deployed' },
  };
  const packed = Buffer.from(gzipSync(JSON.stringify(release)).toString('base64')).toString('base64');
  return `
apiVersion: v1
kind: Secret
metadata:
  name: database
  namespace: payments
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      ${JSON.stringify(applied)}
stringData: {username: app, password: ${secrets.secretValue}}
---
apiVersion: v1
kind: Secret
metadata:
  name: sh.helm.release.v1.payments.v1
  namespace: payments
  labels: {owner: helm, name: payments, status: deployed, version: "1"}
type: helm.sh/release.v1
data: {release: ${packed}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: payments}
data:
  app.yaml: |
    api_key: ${secrets.configMap}
  mode: live
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: payments}
`;
}

function workloadManifests(secrets: SeedSecrets): string {
  const env = [
    { name: 'API_TOKEN', value: secrets.environment },
    { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
  ];
  const image = 'registry.example/payments/api:1.4.2';
  // JSON is YAML: one line serves at any depth.
  const podSpec = JSON.stringify({ containers: [{ name: 'api', image, env, ports: [{ containerPort: 8080 }] }] });
  return `
apiVersion: v1
kind: Pod
metadata:
  name: api
  namespace: payments
  labels: {app: api}
  annotations:
    ${logAnnotation}: |-
      listening on 8080
      login with token ${secrets.log}
      ready
spec: ${podSpec}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: payments, labels: {app: api}, generation: 1}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: ${podSpec}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: payments, labels: {app: api}}
spec: {selector: {app: api}, ports: [{name: http, port: 8080}]}
`;
}

function eventManifest(secrets: SeedSecrets): string {
  const now = new Date().toISOString().replace(/\.\d+/, '');
  return `
apiVersion: v1
kind: Event
metadata: {name: api.17f0a1, namespace: payments}
involvedObject: {kind: Pod, namespace: payments, name: api, apiVersion: v1}
reason: BackOff
message: "failed to start: bad credential ${secrets.event}"
type: Warning
count: 1
firstTimestamp: "${now}"
lastTimestamp: "${now}"
source: {component: kubelet}
`;
}
