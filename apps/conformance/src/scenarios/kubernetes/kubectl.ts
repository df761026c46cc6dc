import type { ClusterUnderTest } from '../../servers/cluster-under-test.js';

/** What the commands of kubectl ask of a cluster, beyond plain reads and writes. */
export function kubectlAsUsual(under: ClusterUnderTest): void {
  /** Code and the first line of what it said. */
  async function said(...args: readonly string[]): Promise<readonly [number | null, string]> {
    const { code, stdout, stderr } = await under.ci(...args);
    return [code, `${stdout}${stderr}`];
  }

  test('asks what it may do, and who it is', async () => {
    const { web } = under;
    expect(await said('auth', 'can-i', 'get', 'pods', '-n', web)).toEqual([0, 'yes\n']);
    const [code, rules] = await said('auth', 'can-i', '--list', '-n', web);
    expect([code, rules.startsWith('Resources')]).toEqual([0, true]);
    // The cluster knows the gateway, and says so.
    expect((await said('auth', 'whoami'))[0]).toBe(0);
  }, 30_000);

  test('rolls out, scales and edits a deployment', async () => {
    const { web } = under;
    for (const args of [
      ['rollout', 'restart', 'deployment/site', '-n', web],
      ['scale', 'deployment/site', '--replicas=1', '-n', web],
      ['set', 'image', 'deployment/site', 'site=busybox:1.37', '-n', web],
      ['set', 'env', 'deployment/site', 'MODE=live', '-n', web],
      ['annotate', 'deployment/site', '-n', web, 'a=b'],
      ['rollout', 'history', 'deployment/site', '-n', web],
      ['scale', 'deployment/site', '--replicas=0', '-n', web],
    ]) {
      const [code, text] = await said(...args);
      expect([args.join(' '), code, code === 0 ? '' : text]).toEqual([args.join(' '), 0, '']);
    }
    const spec = JSON.parse(await under.admin('get', 'deployment', 'site', '-n', web, '-o', 'json')).spec;
    expect([spec.replicas, spec.template.spec.containers[0].image]).toEqual([0, 'busybox:1.37']);
  }, 60_000);

  test('looks around: discovery, documentation, nodes, events, waiting', async () => {
    const { web } = under;
    for (const args of [
      ['version'],
      ['api-resources', '--no-headers'],
      ['explain', 'pod.spec'],
      ['get', 'nodes'],
      ['get', 'all', '-n', web],
      ['describe', 'pod', 'api', '-n', web],
      ['events', '-n', web],
      ['wait', '--for=condition=Ready', 'pod/api', '-n', web, '--timeout=10s'],
    ]) {
      const [code, text] = await said(...args);
      expect([args.join(' '), code, code === 0 ? '' : text]).toEqual([args.join(' '), 0, '']);
    }
  }, 60_000);

  test('what leads beyond its namespace is denied with words: drain, cordon, taint, token, copy', async () => {
    const { web } = under;
    const [node] = (await under.admin('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');
    const writes = await under.writesDuring(async () => {
      for (const args of [
        ['drain', node!, '--timeout=5s'],
        ['cordon', node!],
        ['taint', 'node', node!, 'a=b:NoSchedule'],
        ['cp', '/etc/hostname', `${web}/api:x`],
        ['create', 'namespace', 'more'],
        ['create', 'clusterrolebinding', 'x', '--clusterrole=cluster-admin', '--user=x'],
      ]) {
        const [, text] = await said(...args);
        expect([args.join(' '), text.includes('no policy permits this')]).toEqual([args.join(' '), true]);
      }
    });
    expect(writes).toEqual([]);
  }, 60_000);

  test('K8-10: what kubectl makes up itself comes as protobuf, and is judged like all else', async () => {
    const { web, payments } = under;
    const made = await said('create', 'configmap', 'made-up', '-n', web, '--from-literal=a=b');
    expect(made).toEqual([0, 'configmap/made-up created\n']);
    expect(await under.admin('get', 'configmap', 'made-up', '-n', web, '-o', 'jsonpath={.data.a}')).toBe('b');
    const writes = await under.writesDuring(async () => {
      const [code, text] = await said('create', 'configmap', 'made-up', '-n', payments, '--from-literal=a=b');
      expect([code, text]).toEqual([1, expect.stringContaining('no policy permits this')]);
    });
    expect(writes).toEqual([]);
  }, 30_000);
}
