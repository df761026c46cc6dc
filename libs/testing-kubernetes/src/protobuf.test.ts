import type { Kubernetes, KubectlResult } from './index.js';
import { kubectl, startKubernetes } from './index.js';
import { decodeProtobuf } from '@sallyport/kubernetes-protobuf';

let server: Kubernetes;
const run = (args: string): Promise<KubectlResult> => kubectl(args.split(' '), { kubeconfig: server.kubeconfig() });

beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.stop());

/** Without what JSON shows and protobuf leaves out: nulls, and messages with nothing in them. */
function dense(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dense);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, inner]) => [name, dense(inner)] as const);
  const kept = fields.filter(
    ([, inner]) => inner !== null && !(typeof inner === 'object' && Object.keys(inner).length === 0),
  );
  return Object.fromEntries(kept);
}

// kubectl is the witness: it prints as JSON what it sends as protobuf.
test.each([
  'configmap a --from-literal=k=v --from-literal=empty=',
  'secret generic b --from-literal=password=hunter',
  'secret docker-registry c --docker-server=s --docker-username=u --docker-password=p',
  'namespace d',
  'serviceaccount e',
  'service clusterip f --tcp=80:8080',
  'service nodeport g --tcp=80:http --node-port=30080',
  'service externalname h --external-name=example.com',
  'deployment i --image=nginx:1 --image=envoy:2 --replicas=3',
  'deployment j --image=nginx:1 --replicas=0 --port=80',
  'job k --image=busybox -- sh -c true',
  'cronjob l --image=busybox --schedule=@daily -- date',
  'role m --verb=get,list --resource=pods,deployments.apps --resource-name=x',
  'clusterrole n --verb=get --non-resource-url=/metrics',
  'rolebinding o --clusterrole=view --user=alice --serviceaccount=web:default',
  'clusterrolebinding p --clusterrole=view --group=readers',
  'poddisruptionbudget q --selector=app=web --min-available=50%',
  'ingress r --rule=example.com/path*=web:80,tls=cert --default-backend=web:http',
  'quota s --hard=pods=3,secrets=0',
  'priorityclass t --value=1000 --description=important',
])('kubectl create %s', async (args) => {
  const [before = '', after] = args.split(' -- ');
  const command = (dryRun: string): string => `create ${before} ${dryRun}${after ? ` -- ${after}` : ''}`;
  const shown = await run(command('--dry-run=client -o json'));
  expect(shown.stderr).toBe('');
  const sent = await run(command('-o name'));
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  const request = server.requests.findLast(({ method }) => method === 'POST');
  expect(request?.rawHeaders).toContain('application/vnd.kubernetes.protobuf');
  const decoded = decodeProtobuf(request?.body ?? Buffer.alloc(0)) as {
    metadata: { namespace?: string };
    status?: unknown;
  };
  const expected = JSON.parse(shown.stdout) as typeof decoded;
  for (const object of [decoded, expected]) {
    // kubectl may leave the namespace to the path; a status is the server's to write.
    delete object.metadata.namespace;
    delete object.status;
  }
  expect(dense(decoded)).toEqual(dense(expected));
});

test('questions are asked in protobuf too', async () => {
  expect((await run('auth can-i delete pods/exec -n web')).stdout).toBe('yes\n');
  expect((await run('auth can-i get /metrics')).stdout).toBe('yes\n');
  expect((await run('auth can-i --list -n web')).stdout).toMatch(/^\*\.\*\s/m);
  expect((await run('auth whoami -o jsonpath={.status.userInfo.username}')).stdout).toBe('kubernetes-admin');
  const denied = await kubectl(['auth', 'can-i', 'get', 'secrets'], { kubeconfig: server.kubeconfig('viewer') });
  expect(denied).toMatchObject({ code: 1, stdout: 'no\n' });
});

test('a token of a service account works', async () => {
  const { stdout } = await run('create token deployer -n payments --duration=600s');
  const kubeconfig = server.kubeconfig({ token: stdout.trim() });
  const who = await kubectl(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'], { kubeconfig });
  expect(who.stdout).toBe('system:serviceaccount:payments:deployer');
});

test('a node is drained by evictions', async () => {
  expect((await run('drain node-1 --force --ignore-daemonsets --delete-emptydir-data')).stdout).toContain(
    'node/node-1 drained',
  );
  expect(server.requests.some(({ url }) => url.endsWith('/pods/api/eviction'))).toBe(true);
  expect((await run('get pods -n payments')).stderr).toContain('No resources found');
});

test('a node is debugged by a pod that sees all of it', async () => {
  expect((await run('debug node/node-2 --image=busybox --profile=sysadmin -- sleep 1')).code).toBe(0);
  const request = server.requests.findLast(({ method, url }) => method === 'POST' && url.includes('/pods'));
  expect(decodeProtobuf(request?.body ?? Buffer.alloc(0))).toMatchObject({
    kind: 'Pod',
    spec: {
      nodeName: 'node-2',
      hostNetwork: true,
      hostPID: true,
      volumes: [{ name: 'host-root', hostPath: { path: '/' } }],
      containers: [{ image: 'busybox', securityContext: { privileged: true } }],
    },
  });
});

test('what is not understood whole is refused', () => {
  expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('does not appear to be a protobuf message');
  const envelope = Buffer.from('6b3873000a0f0a0276311209436f6e6669674d61701202', 'hex');
  expect(() => decodeProtobuf(Buffer.concat([envelope, Buffer.from('9a05', 'hex')]))).toThrow();
  expect(() => decodeProtobuf(Buffer.concat([envelope, Buffer.from('5000', 'hex')]))).toThrow(
    'unknown field 10 of ConfigMap',
  );
});
