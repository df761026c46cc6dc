import { existsSync } from 'node:fs';
import { kubectl, startKubernetes } from './index.js';
import type { Kubernetes, KubectlResult } from './index.js';

let server: Kubernetes;
const run = (...args: string[]): Promise<KubectlResult> => kubectl(args, { kubeconfig: server.kubeconfig() });
const fetchJson = async (path: string): Promise<unknown> => {
  const answer = await run('get', '--raw', path);
  expect(answer.stderr).toBe('');
  return JSON.parse(answer.stdout);
};

beforeAll(async () => {
  server = await startKubernetes({ pods: 25 });
});
afterAll(() => server.stop());

test('kubectl learns the version and what kinds there are', async () => {
  const version = await run('version', '-o', 'json');
  expect(JSON.parse(version.stdout)).toMatchObject({ serverVersion: { gitVersion: 'v1.32.4' } });
  const resources = await run('api-resources', '--no-headers');
  expect(resources.stdout).toMatch(/^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m);
  expect(resources.stdout).toMatch(/^customresourcedefinitions\s+crd,crds\s+apiextensions.k8s.io\/v1\s+false/m);
  expect((await run('get', '--raw', '/readyz')).stdout).toBe('ok');
  expect((await run('explain', 'pod')).stdout).toMatch(/^KIND:\s+Pod$/m);
});

test('discovery is aggregated for who asks and plain for everyone else', async () => {
  expect(server.requests.some((request) => request.url.startsWith('/apis?') && request.code === 200)).toBe(true);
  const plain = await fetchJson('/apis');
  expect(plain).toMatchObject({ kind: 'APIGroupList' });
  const list = await fetchJson('/api/v1');
  expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
});

test('lists are tables, objects or names, by label and by field', async () => {
  const pods = await run('get', 'pods', '-A', '--no-headers');
  expect(pods.stdout.trim().split('\n')).toHaveLength(27);
  const shard = await run('get', 'pods', '-n', 'web', '-l', 'app=bench,shard in (3,4)', '-o', 'name');
  expect(shard.stdout.trim().split('\n')).toHaveLength(6);
  const others = await run('get', 'pods', '-n', 'web', '-l', '!shard', '-o', 'name');
  expect(others.stdout).toBe('pod/web-0\n');
  const byField = await run('get', 'pods', '-A', '--field-selector', 'metadata.name=api', '-o', 'name');
  expect(byField.stdout).toBe('pod/api\n');
  const bad = await run('get', 'pods', '--field-selector', 'spec.secret=1');
  expect(bad.stderr).toContain('field label not supported: spec.secret');
});

test('long lists come in pages', async () => {
  const before = server.requests.length;
  const pods = await run('get', 'pods', '-n', 'web', '--chunk-size=10', '-o', 'name');
  expect(pods.stdout.trim().split('\n')).toHaveLength(26);
  const pages = server.requests.slice(before).filter((request) => request.url.includes('limit=10'));
  expect(pages).toHaveLength(3);
  const body = await fetchJson('/api/v1/namespaces/web/pods?limit=10');
  expect(body).toMatchObject({ metadata: { remainingItemCount: 16 } });
});

test('a page of a list that is forgotten is gone', async () => {
  const body = await fetchJson('/api/v1/namespaces/web/pods?limit=10');
  const next = (body as { metadata: { continue: string } }).metadata.continue;
  server.add({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'web' } });
  server.store.compact();
  const answer = await run('get', '--raw', `/api/v1/namespaces/web/pods?limit=10&continue=${next}`);
  expect(answer.stderr).toContain('too old to display a consistent list');
});

test('items of a list leave kind and version to the list', async () => {
  const body = await fetchJson('/api/v1/namespaces/payments/secrets');
  const { items } = body as { items: Record<string, unknown>[] };
  expect(items).toHaveLength(2);
  expect(items[0]).not.toHaveProperty('kind');
});

test('secrets lie where secrets lie', async () => {
  const yaml = await run('get', 'secret', 'database', '-n', 'payments', '-o', 'yaml');
  expect(yaml.stdout).toContain(Buffer.from(server.secrets.secretValue).toString('base64'));
  expect(yaml.stdout).toContain(server.secrets.lastApplied);
  const pod = await run('describe', 'pod', 'api', '-n', 'payments');
  expect(pod.stdout).toContain(server.secrets.environment);
  expect((await run('logs', 'api', '-n', 'payments', '--tail=2')).stdout).toBe(
    `login with token ${server.secrets.log}\nready\n`,
  );
  expect((await run('get', 'events', '-n', 'payments')).stdout).toContain(server.secrets.event);
  expect((await run('get', 'events.v1.events.k8s.io', '-n', 'payments', '-o', 'yaml')).stdout).toContain(
    `note: 'failed to start: bad credential ${server.secrets.event}'`,
  );
});

test('what is not there is told as the real server tells it', async () => {
  const missing = await run('get', 'secret', 'nosuch');
  expect(missing).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): secrets "nosuch" not found\n' });
  const unknown = await run('get', 'foo');
  expect(unknown.stderr).toContain('the server doesn\'t have a resource type "foo"');
});

test('proxy subresources reach what runs in the cluster', async () => {
  const service = await run('get', '--raw', '/api/v1/namespaces/payments/services/api:8080/proxy/hello?a=b');
  expect(service.stdout).toBe('pod answers GET /hello?a=b\n');
  const node = await run('get', '--raw', '/api/v1/nodes/node-1:10250/proxy/pods');
  expect(node.stdout).toBe('pod answers GET /pods\n');
});

test('a server may be stopped twice, and leaves nothing', async () => {
  const other = await startKubernetes();
  await other.stop();
  await other.stop();
  expect(existsSync(other.directory)).toBe(false);
});
