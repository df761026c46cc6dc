import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Action, Decision } from '@sallyport/domain';
import { kubectl, startKubernetes, type Kubernetes, type KubectlResult } from '@sallyport/testing-kubernetes';
import { ClusterGateway } from './testing/cluster-gateway.js';
import { clusterBinding, inspected } from './testing/cluster-request.js';

type Facts = Readonly<Record<string, unknown>>;
const factsOf = (action: Action): Facts => action.context['kubernetes'] as Facts;
const protobuf = 'application/vnd.kubernetes.protobuf';

/** Everything is masked, and nobody makes what sees the whole of a node or hands out every right. */
function judge(action: Action): Decision {
  const risks = factsOf(action)['risks'] as string[];
  const because = [{ code: 'permitted' }] as const;
  if (risks.includes('hostPID') || risks.includes('clusterRole:cluster-admin'))
    return { effect: 'deny', because: [{ code: 'forbidden', text: 'not here' }], policyRevision: 1 };
  const obligations = (action.lineage.fields ?? []).map(
    ({ field, mask }) => ({ kind: 'maskField', field, method: mask }) as const,
  );
  return { effect: 'permit', obligations, because, policyRevision: 1 };
}

let cluster: Kubernetes;
let gateway: ClusterGateway;
let config: string;
beforeAll(async () => {
  cluster = await startKubernetes();
  gateway = await ClusterGateway.start(
    clusterBinding({
      upstream: { host: '127.0.0.1', port: cluster.port, tls: 'verify-full', ca: cluster.ca },
      credential: { token: cluster.tokens.admin },
    }),
    judge,
  );
  config = cluster.kubeconfig({ token: 'token' }, gateway);
});
afterAll(async () => {
  gateway.stop();
  await cluster.stop();
});

const run = (args: string): Promise<KubectlResult> => kubectl(args.split(' '), { kubeconfig: config });
async function succeeds(args: string): Promise<string> {
  const { code, stderr, stdout } = await run(args);
  expect([args, code, code === 0 ? '' : stderr]).toEqual([args, 0, '']);
  return stdout;
}
/** What reached the cluster since, reads aside: each of it JSON. */
function writesSince(count: number): string[] {
  const writes = cluster.requests.slice(count).filter(({ method }) => method !== 'GET');
  for (const { rawHeaders } of writes) expect(rawHeaders).not.toContain(protobuf);
  return writes.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`);
}
const judgedLast = (kind: string): Facts =>
  factsOf(gateway.recording.decisions.findLast(({ action }) => action.kind === kind)!.action);

test.each([
  ['namespace made', 'v1', 'Namespace', ''],
  ['configmap m --from-literal=k=v', 'v1', 'ConfigMap', 'web'],
  ['secret generic s --from-literal=password=canary-value', 'v1', 'Secret', 'web'],
  ['serviceaccount robot', 'v1', 'ServiceAccount', 'web'],
  ['service clusterip shop --tcp=80:8080', 'v1', 'Service', 'web'],
  ['deployment shop --image=nginx:1 --replicas=3', 'apps/v1', 'Deployment', 'web'],
  ['job once --image=busybox -- sh -c true', 'batch/v1', 'Job', 'web'],
  ['cronjob daily --image=busybox --schedule=@daily -- date', 'batch/v1', 'CronJob', 'web'],
  ['role reader --verb=get,list --resource=pods', 'rbac.authorization.k8s.io/v1', 'Role', 'web'],
  ['rolebinding readers --role=reader --user=alice', 'rbac.authorization.k8s.io/v1', 'RoleBinding', 'web'],
  ['poddisruptionbudget half --selector=app=shop --min-available=50%', 'policy/v1', 'PodDisruptionBudget', 'web'],
  ['ingress way --rule=example.com/path*=shop:80', 'networking.k8s.io/v1', 'Ingress', 'web'],
  ['quota few --hard=pods=3', 'v1', 'ResourceQuota', 'web'],
  ['priorityclass high --value=1000', 'scheduling.k8s.io/v1', 'PriorityClass', ''],
])('K8-10 kubectl create %s makes the object as JSON would', async (args, apiVersion, kind, namespace) => {
  const before = cluster.requests.length;
  const place = namespace === '' ? '' : ` -n ${namespace}`;
  const [what = '', after] = args.split(' -- ');
  await succeeds(`create ${what}${place}${after === undefined ? '' : ` -- ${after}`}`);
  expect(writesSince(before)).toHaveLength(1);
  expect(judgedLast('create')).toMatchObject({ contentType: 'application/json', bodyKnown: true });
  const name = judgedLast('create')['name'] as string;
  expect(cluster.find(apiVersion, kind, namespace, name)).toMatchObject({ metadata: { name } });
});

test('K8-09 what a secret is made of is shown to nobody who judges it', () => {
  const judged = gateway.recording.decisions.map(({ action }) => action.text).join();
  expect(judged).toContain('POST /api/v1/namespaces/web/secrets');
  expect(judged).not.toMatch(/canary-value|Y2FuYXJ5LXZhbHVl/);
  expect(cluster.find('v1', 'Secret', 'web', 's')).toMatchObject({ data: { password: 'Y2FuYXJ5LXZhbHVl' } });
});

test('K8-11 what protobuf brings along is judged', async () => {
  const before = cluster.requests.length;
  const node = await run('debug node/node-2 --image=busybox --profile=sysadmin -- sleep 1');
  expect(node).toMatchObject({ code: 1, stderr: expect.stringContaining('not here') });
  const binding = await run('create clusterrolebinding all --clusterrole=cluster-admin --user=eve');
  expect(binding).toMatchObject({ code: 1, stderr: expect.stringContaining('not here') });
  expect(writesSince(before)).toEqual([]);
});

test('K8-21 what may I do: auth can-i, its list, and whoami', async () => {
  expect(await succeeds('auth can-i delete pods/exec -n web')).toBe('yes\n');
  expect(await succeeds('auth can-i --list -n web')).toMatch(/^\*\.\*\s/m);
  expect(await succeeds('auth whoami -o jsonpath={.status.userInfo.username}')).toBe('kubernetes-admin');
});

test('K8-09 a token is made, and masked for whoever may not see it', async () => {
  expect(await succeeds('create token deployer -n payments --duration=600s')).toBe('[redacted]');
  expect(judgedLast('create')).toMatchObject({ subresource: 'token', risks: ['tokenRequest'] });
});

test('a certificate is approved with everything that the request says', async () => {
  const file = join(cluster.directory, 'csr.json');
  const spec = { request: 'LS0t', signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] };
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'mine' },
      spec,
    }),
  );
  await succeeds(`create -f ${file}`);
  expect(await succeeds('certificate approve mine')).toContain('approved');
  expect(judgedLast('update')).toMatchObject({ subresource: 'approval', name: 'mine', risks: ['csr'] });
  expect(cluster.find('certificates.k8s.io/v1', 'CertificateSigningRequest', '', 'mine')).toMatchObject({
    spec,
    status: { conditions: [{ type: 'Approved', status: 'True' }] },
  });
});

test('roles are reconciled, replicas scaled by hand and by themselves, workloads restarted, pods debugged', async () => {
  const file = join(cluster.directory, 'role.json');
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'web' },
      rules: [rule, { ...rule, resources: ['services'] }],
    }),
  );
  await succeeds(`auth reconcile -f ${file}`);
  await succeeds('scale deployment shop -n web --replicas=2');
  await succeeds('autoscale deployment shop -n web --min=1 --max=5 --cpu-percent=80');
  await succeeds('rollout restart deployment shop -n web');
  await succeeds('debug pod/api -n payments --image=busybox --profile=general -- sleep 1');
  await succeeds('create job again --from=cronjob/daily -n web');
  expect(cluster.find('rbac.authorization.k8s.io/v1', 'Role', 'web', 'reader')?.['rules']).toHaveLength(2);
  expect(cluster.find('apps/v1', 'Deployment', 'web', 'shop')?.['spec']).toMatchObject({ replicas: 2 });
});

test('K8-09 what was read masked cannot be written back in protobuf either', async () => {
  const copied = await run('debug pod/api -n payments --image=busybox --copy-to=copied --profile=general -- sleep 1');
  expect(copied).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written back') });
  expect(cluster.find('v1', 'Pod', 'payments', 'copied')).toBeUndefined();
});

test('a node is drained by evictions, or told how it would be', async () => {
  const args = 'drain node-1 --force --ignore-daemonsets --delete-emptydir-data';
  const before = cluster.requests.length;
  expect(await succeeds(`${args} --dry-run=server`)).toContain('drained (server dry run)');
  expect(cluster.find('v1', 'Pod', 'payments', 'api')).toBeDefined();
  expect(await succeeds(args)).toContain('node/node-1 drained');
  expect(writesSince(before)).toContain('POST /api/v1/namespaces/payments/pods/api/eviction');
  expect(cluster.find('v1', 'Pod', 'payments', 'api')).toBeUndefined();
});

test('K8-10 the options of a delete are read where they count', async () => {
  await succeeds('run doomed --image=x -n web --overrides={"spec":{"nodeName":"node-2"}}');
  const before = cluster.requests.length;
  await succeeds('drain node-2 --force --ignore-daemonsets --delete-emptydir-data --disable-eviction --grace-period=1');
  expect(writesSince(before)).toContain('DELETE /api/v1/namespaces/web/pods/doomed');
  const deleted = cluster.requests.findLast(({ method }) => method === 'DELETE');
  expect(JSON.parse(deleted?.body.toString() ?? '')).toMatchObject({ kind: 'DeleteOptions', gracePeriodSeconds: 1 });
  expect(judgedLast('delete')).toMatchObject({ dryRun: false });
});

test('K8-10 a kind that is not known in protobuf is refused with a way to send it', async () => {
  const type = Buffer.from('\x0a\x02v1\x12\x04Node', 'latin1');
  const body = Buffer.concat([
    Buffer.from('k8s\0\x0a', 'latin1'),
    Buffer.from([type.length]),
    type,
    Buffer.from('\x12\0'),
  ]);
  const refused = await inspected('/api/v1/nodes', { method: 'POST', contentType: protobuf, body });
  expect(refused).toMatchObject({
    kind: 'refused',
    status: 415,
    reason: { code: 'unsupported', text: expect.stringContaining('--dry-run=client -o yaml | kubectl apply -f -') },
  });
});
