import type { Kubernetes, KubectlResult } from './index.js';
import { kubectl, startKubernetes } from './index.js';

let server: Kubernetes;
let kubeconfig: string;
const run = (args: string, input?: string): Promise<KubectlResult> => kubectl(args.split(' '), { kubeconfig, input });
const configMap = (data: object, name = 'made'): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

beforeEach(async () => {
  server = await startKubernetes();
  kubeconfig = server.kubeconfig();
});
afterEach(() => server.stop());

test('create, replace and delete', async () => {
  expect((await run('create -f -', configMap({ a: '1' }))).stdout).toBe('configmap/made created\n');
  expect((await run('create -f -', configMap({ a: '1' }))).stderr).toContain('configmaps "made" already exists');
  expect((await run('replace -f -', configMap({ b: '2' }))).stdout).toBe('configmap/made replaced\n');
  expect((await run('get cm made -o jsonpath={.data}')).stdout).toBe('{"b":"2"}');
  expect((await run('delete cm made')).stdout).toBe('configmap "made" deleted\n');
  expect((await run('get cm made')).code).toBe(1);
});

test('an update of an old version conflicts', async () => {
  const stale = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'payments', resourceVersion: '3' },
  });
  const answer = await run('replace -f -', stale);
  expect(answer.stderr).toContain('(Conflict)');
  expect(answer.stderr).toContain('the object has been modified');
});

test('a dry run changes nothing, whatever the verb', async () => {
  const before = server.store.revision;
  expect((await run('create --dry-run=server -f -', configMap({}))).stdout).toContain('(server dry run)');
  expect((await run('delete cm settings -n payments --dry-run=server')).stdout).toContain('(server dry run)');
  expect((await run('label cm settings -n payments a=b --dry-run=server')).stdout).toContain('(server dry run)');
  expect((await run('apply --dry-run=server -f -', configMap({}))).stdout).toContain('(server dry run)');
  expect((await run('delete pods --all -n payments --dry-run=server')).stdout).toContain('(server dry run)');
  expect(server.store.revision).toBe(before);
});

test('patches of every type', async () => {
  const patch = (type: string, body: string): Promise<KubectlResult> =>
    kubectl(['patch', 'cm', 'settings', '-n', 'payments', '--type', type, '-p', body], { kubeconfig });
  expect((await patch('merge', '{"data":{"mode":"test"}}')).code).toBe(0);
  expect((await patch('strategic', '{"data":{"mode":null,"new":"1"}}')).code).toBe(0);
  expect((await patch('json', '[{"op":"add","path":"/data/more","value":"2"}]')).code).toBe(0);
  const failed = await patch('json', '[{"op":"test","path":"/data/more","value":"3"}]');
  expect(failed.stderr).toContain('the server rejected our request due to an error in our request');
  const { data } = JSON.parse((await run('get cm settings -n payments -o json')).stdout) as { data: object };
  expect(Object.keys(data).sort()).toEqual(['app.yaml', 'more', 'new']);
});

test('annotate, label, scale, set image, roll out', async () => {
  expect((await run('annotate deploy api -n payments a=b')).stdout).toContain('annotated');
  expect((await run('label deploy api -n payments app-')).stdout).toContain('unlabeled');
  expect((await run('scale deploy api -n payments --replicas=5')).stdout).toContain('scaled');
  expect((await run('set image deploy/api api=other:1 -n payments')).stdout).toContain('image updated');
  expect((await run('rollout restart deploy api -n payments')).stdout).toContain('restarted');
  expect((await run('rollout status deploy api -n payments')).stdout).toContain('successfully rolled out');
  expect((await run('get deploy api -n payments --no-headers')).stdout).toMatch(/^api\s+5\/5\s+5\s+5/);
});

test('pods end after a while, owners take what they own along', async () => {
  expect((await run('delete pod api -n payments')).stdout).toBe('pod "api" deleted\n');
  expect((await run('get pods -n payments')).stderr).toContain('No resources found');
  const owner = server.find('v1', 'ConfigMap', 'payments', 'settings');
  const owned = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'owned',
      namespace: 'payments',
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', uid: owner?.metadata.uid }],
    },
  });
  expect((await run('create -f -', owned)).code).toBe(0);
  expect((await run('delete cm settings -n payments')).code).toBe(0);
  expect((await run('get secret owned -n payments')).stderr).toContain('NotFound');
});

test('finalizers hold an object until they are removed', async () => {
  await run('create -f -', configMap({}));
  await kubectl(['patch', 'cm', 'made', '-p', '{"metadata":{"finalizers":["example.com/hold"]}}'], { kubeconfig });
  expect((await run('delete cm made --wait=false')).code).toBe(0);
  expect((await run('get cm made -o jsonpath={.metadata.deletionTimestamp}')).stdout).not.toBe('');
  await kubectl(['patch', 'cm', 'made', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'], { kubeconfig });
  expect((await run('get cm made')).stderr).toContain('NotFound');
});

test('a namespace takes everything in it along', async () => {
  expect((await run('delete ns payments')).stdout).toBe('namespace "payments" deleted\n');
  expect((await run('get secrets -n payments')).stderr).toContain('No resources found');
  const lost = await run('create -n payments -f -', configMap({}));
  expect(lost.stderr).toContain('namespaces "payments" not found');
});

test('what a running pod may not change is refused with both of its specs', async () => {
  const patch = '{"spec":{"containers":[{"name":"api","env":[{"name":"NEW","value":"x"}]}]}}';
  const answer = await kubectl(['patch', 'pod', 'api', '-n', 'payments', '-p', patch], { kubeconfig });
  expect(answer.stderr).toContain('pod updates may not change fields other than');
  expect(answer.stderr).toContain(server.secrets.environment);
});

test('debug containers are added to a running pod', async () => {
  const args = 'debug pod/api -n payments --image=busybox --profile=general -- sleep 1';
  expect((await run(args)).code).toBe(0);
  const pod = server.find('v1', 'Pod', 'payments', 'api');
  expect(pod?.['spec']).toMatchObject({ ephemeralContainers: [{ image: 'busybox', command: ['sleep', '1'] }] });
});

test('custom resources come and go with their definition', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'crontabs.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          additionalPrinterColumns: [{ name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' }],
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  };
  expect((await run('create -f -', JSON.stringify(definition))).code).toBe(0);
  const resource = {
    apiVersion: 'stable.example.com/v1',
    kind: 'CronTab',
    metadata: { name: 'my' },
    spec: { schedule: '@daily' },
  };
  expect((await run('apply -f -', JSON.stringify(resource))).stdout).toBe('crontab.stable.example.com/my created\n');
  expect((await run('get ct --no-headers')).stdout).toMatch(/^my\s+@daily/);
  expect((await run('delete crd crontabs.stable.example.com')).code).toBe(0);
  expect((await run('get ct')).stderr).toContain('the server');
});

test('Pod Security refuses and warns by the labels of the namespace', async () => {
  const pod = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'root' },
    spec: { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] },
  });
  await run('label ns default pod-security.kubernetes.io/warn=baseline');
  const warned = await run('create --dry-run=server -f -', pod);
  expect(warned.stderr).toContain('Warning: would violate PodSecurity "baseline:latest": privileged');
  await run('label ns default pod-security.kubernetes.io/enforce=baseline');
  expect((await run('create -f -', pod)).stderr).toContain('violates PodSecurity');
});
