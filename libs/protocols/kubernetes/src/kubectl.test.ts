import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import type { Action, Decision } from '@sallyport/domain';
import { kubectl, startKubernetes, type Kubernetes, type KubectlResult } from '@sallyport/testing-kubernetes';
import { ClusterGateway } from './testing/cluster-gateway.js';
import { clusterBinding } from './testing/cluster-request.js';

type Facts = Readonly<Record<string, unknown>>;
const factsOf = (action: Action): Facts => action.context['kubernetes'] as Facts;

/** Everything is masked; what is deleted needs approval; nobody deletes a namespace or looks across all of them at secrets. */
function judge(action: Action): Decision {
  const facts = factsOf(action);
  const because = [{ code: 'permitted' }] as const;
  const [{ object }] = action.effects as [Action['effects'][number]];
  const deniedRead = facts['resource'] === 'secrets' && object.kind === 'Resource';
  if (deniedRead || (facts['risks'] as string[]).includes('privileged')) {
    return { effect: 'deny', because: [{ code: 'forbidden', text: 'not here' }], policyRevision: 1 };
  }
  const obligations = (action.lineage.fields ?? []).map(
    ({ field, mask }) => ({ kind: 'maskField', field, method: mask }) as const,
  );
  const approval = { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 60 };
  const isHeld = facts['verb'] === 'delete' || (facts['verb'] === 'patch' && facts['subresource'] === 'scale');
  if (isHeld && facts['dryRun'] === false) return { effect: 'hold', approval, obligations, because, policyRevision: 1 };
  return { effect: 'permit', obligations, because, policyRevision: 1 };
}

let cluster: Kubernetes;
let gateway: ClusterGateway;
let config: string;
beforeAll(async () => {
  cluster = await startKubernetes({ pods: 50 });
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

const run = (...args: string[]): Promise<KubectlResult> => kubectl(args, { kubeconfig: config });
/** Whatever a secret's value can look like. */
function expectNoSecrets({ stdout, stderr }: KubectlResult): void {
  const { secretValue, lastApplied, environment } = cluster.secrets;
  for (const value of [secretValue, lastApplied, environment]) {
    for (const text of [stdout, stderr]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString('base64'));
    }
  }
}
function secretFile(name: string): string {
  const file = join(cluster.directory, `${name}.json`);
  const stringData = { p: 'canary-value' };
  writeFileSync(
    file,
    JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'web' }, stringData }),
  );
  return file;
}
/** What reached the cluster meanwhile, reads aside. */
async function writesDuring(work: () => Promise<unknown>): Promise<string[]> {
  const before = cluster.requests.length;
  await work();
  const made = cluster.requests.slice(before).filter(({ method }) => method !== 'GET');
  return made.map(({ method, url }) => `${method} ${url}`);
}

/** Fails when it takes long. */
async function until(condition: () => boolean): Promise<void> {
  for (let waits = 0; !condition(); waits += 1) {
    if (waits > 1000) throw new Error('it never came to that');
    await later(20);
  }
}

test('kubectl reads, and sees no secret wherever one hides', async () => {
  const pods = await run('get', 'pods', '-n', 'web');
  expect(pods.stdout.trim().split('\n')).toHaveLength(52);
  for (const output of ['yaml', 'json', 'wide', 'name']) {
    for (const what of ['secrets', 'pods', 'deployments', 'configmaps']) {
      const result = await run('get', what, '-n', 'payments', '-o', output, '--show-managed-fields');
      expect([what, output, result.code, result.stderr]).toEqual([what, output, 0, '']);
      expectNoSecrets(result);
    }
  }
  const secret = await run('get', 'secret', 'database', '-n', 'payments', '-o', 'jsonpath={.data.password}');
  expect(Buffer.from(secret.stdout, 'base64').toString()).toBe('[redacted]');
  expectNoSecrets(await run('describe', 'pods,secrets,deployments', '-n', 'payments'));
  expect(gateway.recording.text).not.toContain(Buffer.from(cluster.secrets.secretValue).toString('base64'));
});

test('K8-05 the cluster is asked with its own credential, and never as the client says', async () => {
  const result = await run('get', 'pods', '-n', 'web', '--as', 'system:admin');
  expect(result.code).not.toBe(0);
  expect(result.stderr).toContain('impersonation is not taken from clients');
  expect(cluster.requests.filter(({ rawHeaders }) => rawHeaders.some((text) => /impersonate/i.test(text)))).toEqual([]);
});

test('K8-07 a list of everything is refused with a word on what to do', async () => {
  const result = await run('get', 'secrets', '-A');
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('name a namespace');
});

test('K8-11 a privileged pod never reaches the cluster', async () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'root', namespace: 'web' },
    spec: { containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }] },
  };
  const file = join(cluster.directory, 'root.json');
  writeFileSync(file, JSON.stringify(manifest));
  const writes = await writesDuring(async () => {
    const result = await run('apply', '-f', file);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('not here');
  });
  expect(writes).toEqual([]);
});

test('what is permitted is written: create, apply, server-side apply, patch, label, scale by dry run, edit of a secret', async () => {
  const file = join(cluster.directory, 'map.yaml');
  writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: web}\ndata: {a: "1"}\n');
  for (const args of [
    ['create', '-f', file],
    ['apply', '-f', file],
    ['apply', '--server-side', '--force-conflicts', '-f', file],
    ['diff', '-f', file],
    ['label', 'configmap', 'm', '-n', 'web', 'x=y'],
    ['patch', 'configmap', 'm', '-n', 'web', '--type=json', '-p', '[{"op":"replace","path":"/data/a","value":"2"}]'],
    ['patch', 'configmap', 'm', '-n', 'web', '--type=merge', '-p', '{"data":{"b":"3"}}'],
    ['annotate', 'secret', 'database', '-n', 'payments', 'note=kept'],
    ['apply', '-f', secretFile('made')],
    ['scale', 'deployment', 'api', '-n', 'payments', '--replicas=2', '--dry-run=server'],
    ['api-resources'],
    ['explain', 'pod.spec'],
    ['version'],
  ]) {
    const result = await run(...args);
    expect([args.join(' '), result.code, result.code === 0 ? '' : result.stderr]).toEqual([args.join(' '), 0, '']);
  }
  expect((await run('get', 'configmap', 'm', '-n', 'web', '-o', 'jsonpath={.data}')).stdout).toBe('{"a":"2","b":"3"}');
  const stored = cluster.store;
  expect(JSON.stringify(stored)).not.toContain('redacted');
  expect(gateway.recording.decisions.map(({ action }) => action.text).join()).not.toMatch(
    /canary-value|Y2FuYXJ5LXZhbHVl/,
  );
});

test('K8-09 a secret that was read masked cannot be written back', async () => {
  const { stdout } = await run('get', 'secret', 'database', '-n', 'payments', '-o', 'yaml');
  const writes = await writesDuring(async () => {
    const result = await kubectl(['replace', '-f', '-'], { kubeconfig: config, input: stdout });
    expect(result.stderr).toContain('cannot be written back');
  });
  expect(writes).toEqual([]);
});

test('K8-12 a delete waits for approval, shows what would go, and runs once', async () => {
  const writes = await writesDuring(async () => {
    const deleting = run('delete', 'configmap', 'settings', '-n', 'payments', '--wait=false');
    await until(() => gateway.approvals.asked.length > 0);
    const [asked] = gateway.approvals.asked;
    expect(asked!.action.text).toContain('DELETE /api/v1/namespaces/payments/configmaps/settings');
    expect(asked!.action.text).toContain('-   "kind": "ConfigMap"');
    asked!.state = 'approved';
    const result = await deleting;
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(asked!.state).toBe('consumed');
  });
  expect(writes).toEqual(['DELETE /api/v1/namespaces/payments/configmaps/settings']);
});

test('K8-17 a watch shows changes masked, and says why it ends', async () => {
  const watching = run('get', 'secrets', '-n', 'web', '--watch-only', '-o', 'json');
  await until(() => cluster.requests.some(({ url }) => url.includes('watch=true')));
  await run('apply', '-f', secretFile('watched'));
  await later(300);
  gateway.terminate('access was withdrawn');
  const result = await watching;
  expect(result.stdout).toContain('"name": "watched"');
  expect(result.stdout).not.toContain(Buffer.from('canary-value').toString('base64'));
  expect(result.stdout + result.stderr).toContain('access was withdrawn');
});

test('K8-01 K8-02 exec and logs run through the gateway, whatever the transport', async () => {
  for (const websockets of ['true', 'false']) {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets };
    const result = await kubectl(['exec', '-n', 'payments', 'api', '--', 'echo', 'hello'], { kubeconfig: config, env });
    expect([websockets, result.code, result.stdout]).toEqual([websockets, 0, 'hello\n']);
  }
  const judged = gateway.recording.decisions.filter(({ action }) => action.kind === 'exec');
  expect(judged.map(({ action }) => factsOf(action)['argv'])).toEqual(['["echo","hello"]', '["echo","hello"]']);
  expect((await run('logs', '-n', 'payments', 'api')).code).toBe(0);
});
