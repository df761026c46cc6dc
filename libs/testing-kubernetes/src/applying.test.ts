import type { Kubernetes, KubectlResult } from './index.js';
import { kubectl, startKubernetes } from './index.js';

let server: Kubernetes;
let kubeconfig: string;
const run = (args: string, input?: string): Promise<KubectlResult> => kubectl(args.split(' '), { kubeconfig, input });

beforeEach(async () => {
  server = await startKubernetes();
  kubeconfig = server.kubeconfig();
});
afterEach(() => server.stop());

const configMap = (data: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data });
const deployment = (image: string, env: object[]): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'made' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'made' } },
      template: {
        metadata: { labels: { app: 'made' } },
        spec: {
          containers: [
            { name: 'main', image, env },
            { name: 'side', image: 'side:1' },
          ],
        },
      },
    },
  });

test('apply creates, leaves alone, and changes what changed', async () => {
  const first = deployment('main:1', [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ]);
  expect((await run('apply -f -', first)).stdout).toBe('deployment.apps/made created\n');
  expect((await run('apply -f -', first)).stdout).toBe('deployment.apps/made unchanged\n');
  const second = deployment('main:2', [{ name: 'B', value: '3' }]);
  expect((await run('apply -f -', second)).stdout).toBe('deployment.apps/made configured\n');
  const containers = await run('get deploy made -o jsonpath={.spec.template.spec.containers[*].image}');
  expect(containers.stdout).toBe('main:2 side:1');
  const env = await run('get deploy made -o jsonpath={.spec.template.spec.containers[0].env}');
  expect(env.stdout).toBe('[{"name":"B","value":"3"}]');
  const applied = await run('get deploy made -o yaml');
  expect(applied.stdout).toContain('kubectl.kubernetes.io/last-applied-configuration');
});

test('diff shows what apply would do, and does nothing', async () => {
  await run('apply -f -', configMap({ a: '1' }));
  const before = server.store.revision;
  const diff = await run('diff -f -', configMap({ a: '2' }));
  expect(diff.code).toBe(1);
  expect(diff.stdout).toMatch(/^-\s+a: "1"$/m);
  expect(diff.stdout).toMatch(/^\+\s+a: "2"$/m);
  expect(server.store.revision).toBe(before);
});

test('server-side apply: owners, conflicts, force', async () => {
  expect((await run('apply --server-side --field-manager=one -f -', configMap({ a: '1', b: '1' }))).stdout).toBe(
    'configmap/made serverside-applied\n',
  );
  expect((await run('apply --server-side --field-manager=two -f -', configMap({ b: '1', c: '1' }))).code).toBe(0);
  const conflict = await run('apply --server-side --field-manager=two -f -', configMap({ a: '2' }));
  expect(conflict.stderr).toContain('Apply failed with 1 conflict: conflict with "one" using v1: .data.a');
  expect(
    (await run('apply --server-side --field-manager=two --force-conflicts -f -', configMap({ a: '2' }))).code,
  ).toBe(0);
  // What two no longer names goes, unless one names it too.
  expect((await run('get cm made -o jsonpath={.data}')).stdout).toBe('{"a":"2","b":"1"}');
  const owners = JSON.parse((await run('get cm made -o json --show-managed-fields')).stdout) as {
    metadata: { managedFields: { manager: string; operation: string; fieldsV1: unknown }[] };
  };
  expect(owners.metadata.managedFields).toMatchObject([
    { manager: 'one', operation: 'Apply', fieldsV1: { 'f:data': { 'f:b': {} } } },
    { manager: 'two', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
  ]);
});

test('an update takes fields over from whoever applied them', async () => {
  await run('apply --server-side --field-manager=one -f -', deployment('main:1', []));
  expect((await run('scale deploy made --replicas=7')).code).toBe(0);
  const conflict = await run('apply --server-side --field-manager=one -f -', deployment('main:1', []));
  expect(conflict.stderr).toContain('conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas');
});

test('appliers of one list own its items, not the list', async () => {
  const one = deployment('main:1', [{ name: 'A', value: '1' }]);
  await run('apply --server-side --field-manager=one -f -', one);
  const two = deployment('main:1', [{ name: 'B', value: '2' }]);
  expect((await run('apply --server-side --field-manager=two -f -', two)).code).toBe(0);
  const env = await run('get deploy made -o jsonpath={.spec.template.spec.containers[0].env}');
  expect(env.stdout).toBe('[{"name":"A","value":"1"},{"name":"B","value":"2"}]');
});
