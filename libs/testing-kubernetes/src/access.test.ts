import type { Kubernetes, KubectlResult } from './index.js';
import { kubectl, startKubernetes } from './index.js';

let server: Kubernetes;
const as = (user: Parameters<Kubernetes['kubeconfig']>[0], args: string): Promise<KubectlResult> =>
  kubectl(args.split(' '), { kubeconfig: server.kubeconfig(user) });

beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.stop());

test('rights follow roles and bindings', async () => {
  expect((await as('viewer', 'get pods -n payments')).code).toBe(0);
  const denied = await as('viewer', 'get secrets -n payments');
  expect(denied.stderr).toBe(
    'Error from server (Forbidden): secrets is forbidden: User "viewer" cannot list resource "secrets" in API group "" in the namespace "payments"\n',
  );
  expect((await as('nobody', 'get ns')).stderr).toContain('Forbidden');
  expect((await as({ token: 'unknown' }, 'get ns')).stderr).toContain('You must be logged in to the server');
});

test('exec is a permission of its own, asked for by get and by create', async () => {
  const denied = await as('viewer', 'exec api -n payments -- true');
  expect(denied.stderr).toContain('cannot create resource "pods/exec"');
  const urls = server.requests.filter(({ url, code }) => url.includes('/exec?') && code === 403);
  expect(urls.map(({ method }) => method)).toEqual(['GET', 'POST']);
});

test('impersonation is honoured for who may, and recorded', async () => {
  expect((await as('gateway', 'get pods -n payments')).stderr).toContain('Forbidden');
  const done = await as('gateway', 'get pods -n payments --as=alice --as-group=viewers --as-uid=7');
  expect(done.code).toBe(0);
  expect(server.requests.at(-1)).toMatchObject({
    user: { name: 'system:serviceaccount:sallyport:gateway' },
    impersonated: { name: 'alice', uid: '7', groups: ['viewers', 'system:authenticated'] },
  });
  const may = await as('viewer', 'get --raw /api --as=alice');
  expect(may.stderr).toContain('cannot impersonate resource "users" in API group ""');
});

test('client certificates name user and groups', async () => {
  const admin = await server.clientCertificate();
  expect((await as(admin, 'get secrets -n payments')).code).toBe(0);
  expect(server.requests.at(-1)?.user).toEqual({
    name: 'certificate-admin',
    groups: ['system:masters', 'system:authenticated'],
  });
  const nobody = await server.clientCertificate({ name: 'bob', groups: [] });
  expect((await as(nobody, 'get ns')).stderr).toContain('User "bob" cannot list');
});

test('a certificate is asked for by one and approved by another', async () => {
  const request = JSON.stringify({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'mine' },
    spec: {
      request: 'LS0t',
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      username: 'root',
    },
  });
  const kubeconfig = server.kubeconfig();
  expect((await kubectl(['create', '-f', '-'], { kubeconfig, input: request })).code).toBe(0);
  expect((await as('admin', 'certificate approve mine')).stdout).toContain('approved');
  expect((await as('admin', 'get csr mine --no-headers')).stdout).toMatch(/kubernetes-admin\s+Approved/);
});
