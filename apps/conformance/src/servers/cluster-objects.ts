import { makeCanary, type Canary } from '@sallyport/testing';
import type { AdminCommand } from './cluster-target.js';

/** What every scenario finds in a cluster. */
export interface ClusterPlan {
  /** `payments` holds secrets and is read; `web` is also written to. */
  readonly namespaces: { readonly payments: string; readonly web: string };
  /** Planted where secrets are found: must never reach a client that may not see them. */
  readonly canaries: readonly Canary[];
  /** Plain value of the secret `database`: what whoever may reveal it sees. */
  readonly password: string;
  /** An address in the log of the pod `payments/api`; its pod holds it in plain sight. */
  readonly logged: string;
}

/** Namespaces of a run's own, filled as teams fill theirs. Waits until the pods run. */
export async function plantCluster(admin: AdminCommand, suffix: string): Promise<ClusterPlan> {
  const namespaces = { payments: `payments-${suffix}`, web: `web-${suffix}` };
  const canaries: Canary[] = [];
  const plant = (label: string): string => {
    const canary = makeCanary(label);
    canaries.push(canary);
    return canary.token;
  };
  const password = plant('secret payments/database');
  const logged = `${makeCanary('log of payments/api').token}@leak.test`;
  const objects = [
    ...Object.values(namespaces).map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...paymentsObjects(namespaces.payments, { password, logged }, plant),
    ...webObjects(namespaces.web, plant),
  ];
  // What begins with a brace would be taken for JSON, of which there is one only.
  await admin(['apply', '-f', '-'], objects.map((object) => `---\n${JSON.stringify(object)}\n`).join(''));
  for (const namespace of Object.values(namespaces)) {
    await admin(['wait', '--for=condition=Ready', 'pod/api', '-n', namespace, '--timeout=90s']);
  }
  return { namespaces, canaries, password, logged };
}

/** Applied with kubectl: so each object also carries all of it once more, in its last-applied annotation. */
function paymentsObjects(
  namespace: string,
  { password, logged }: Pick<ClusterPlan, 'password' | 'logged'>,
  plant: (label: string) => string,
): object[] {
  const token = plant('environment of payments/api');
  const labels = { app: 'api' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'database', namespace },
      type: 'Opaque',
      stringData: { password, username: 'app' },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'sh.helm.release.v1.payments.v1', namespace, labels: { owner: 'helm' } },
      type: 'helm.sh/release.v1',
      stringData: { release: plant('Helm release') },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace },
      data: { 'app.yaml': `api_key: ${plant('ConfigMap payments/settings')}\n`, mode: 'live' },
    },
    pod(namespace, `login of ${logged}`, [{ name: 'API_TOKEN', value: token }]),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'worker', namespace, labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'worker', image, env: [{ name: 'API_TOKEN', value: token }] }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'api.17f0a1', namespace },
      involvedObject: { kind: 'Pod', namespace, name: 'api', apiVersion: 'v1' },
      reason: 'BackOff',
      message: `failed to start: nobody is ${plant('event')}@leak.test`,
      type: 'Warning',
      count: 1,
    },
  ];
}

function webObjects(namespace: string, plant: (label: string) => string): object[] {
  return [
    pod(namespace, 'started', [{ name: 'SESSION_TOKEN', value: plant('environment of web/api') }]),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'api', namespace },
      spec: { selector: { app: 'api' }, ports: [{ name: 'http', port: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'site', namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'site' } },
        template: { metadata: { labels: { app: 'site' } }, spec: { containers: [{ name: 'site', image }] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'session-key', namespace },
      type: 'Opaque',
      stringData: { key: plant('secret web/session-key') },
    },
    ...['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { number: name },
    })),
  ];
}

const image = 'busybox:1.36';

/** Says its line, and serves HTTP on 8080. The stand-in reads the line from the annotation. */
function pod(namespace: string, line: string, env: readonly object[]): object {
  const script = `echo '${line}'; exec httpd -f -p 8080 -h /etc`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'api', namespace, labels: { app: 'api' }, annotations: { 'testing.sallyport/log': line } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'api', image, env, command: ['sh', '-c', script], ports: [{ containerPort: 8080 }] }],
    },
  };
}
