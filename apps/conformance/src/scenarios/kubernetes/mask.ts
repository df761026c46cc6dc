import { proves } from '../../proves.js';
import type { ClusterUnderTest } from '../../servers/cluster-under-test.js';

/** Every form in which kubectl shows objects. */
const outputs = [
  'yaml',
  'json',
  'wide',
  'name',
  'jsonpath={}',
  'go-template={{.}}',
  'custom-columns=A:.data,B:.metadata.annotations',
];

export function masks(under: ClusterUnderTest): void {
  const secret = (): string => `/api/v1/namespaces/${under.payments}/secrets/database`;

  proves('kubernetes', 'mask:direct', async () => {
    const { payments } = under;
    const password = await under.ci('get', 'secret', 'database', '-n', payments, '-o', 'jsonpath={.data.password}');
    expect(Buffer.from(password.stdout, 'base64').toString()).toBe('[redacted]');
    const settings = await under.ci('get', 'configmap', 'settings', '-n', payments, '-o', 'jsonpath={.data.mode}');
    expect(settings.stdout).toBe('[redacted]');
    const api = await under.ci('get', 'pod', 'api', '-n', payments, '-o', 'jsonpath={.spec.containers[0].env[0]}');
    expect(JSON.parse(api.stdout)).toEqual({ name: 'API_TOKEN', value: '[redacted]' });
    // Names, sizes and the rest are as they are.
    const listed = await under.ci('get', 'secrets,configmaps', '-n', payments);
    expect(listed.stdout).toMatch(/secret\/database +Opaque +2 /);
  });

  test('K8-09: no secret shows, in no form of output, wherever it is kept', async () => {
    const { payments } = under;
    const kinds = 'secrets,configmaps,pods,deployments,replicasets,events,controllerrevisions';
    for (const output of outputs) {
      const shown = await under.ci('get', kinds, '-n', payments, '-o', output, '--show-managed-fields');
      expect([output, shown.code, shown.stderr]).toEqual([output, 0, '']);
      expect([output, shown.stdout.length > 100]).toEqual([output, true]);
    }
    const described = await under.ci('describe', 'secrets,configmaps,pods,deployments,events', '-n', payments);
    expect([described.code, described.stdout.includes('API_TOKEN')]).toEqual([0, true]);
    // ci must not see it; the check above would say nothing if nobody could.
    expect(await under.admin('get', 'secret', 'database', '-n', payments, '-o', 'jsonpath={.data.password}')).toBe(
      Buffer.from(under.stack.target.password).toString('base64'),
    );
  }, 30_000);

  test('K8-09: logs and events are masked where a detector finds something in them', async () => {
    const { payments } = under;
    const { logged } = under.stack.target;
    for (const args of [
      ['logs', 'api', '-n', payments],
      ['logs', 'api', '-n', payments, '--timestamps', '--tail=5'],
      ['logs', '-l', 'app=api', '-n', payments],
    ]) {
      const { code, stdout } = await under.ci(...args);
      expect([code, stdout.includes('login of [redacted]'), stdout.includes(logged)]).toEqual([0, true, false]);
    }
    const events = await under.ci('events', '-n', payments);
    expect(events.stdout).toContain('nobody is [redacted]');
    const echoed = await under.ci('exec', 'api', '-n', under.web, '--', 'echo', `mail ${logged}`);
    expect(echoed.stdout).toBe('mail [redacted]\n');
  }, 30_000);

  test('K8-08: objects come as JSON that can be masked, or not at all', async () => {
    for (const accept of [
      'application/vnd.kubernetes.protobuf',
      'application/cbor',
      'application/yaml',
      'text/html',
      'application/json;as=Anything',
      'application/json;q=0',
    ]) {
      expect([accept, (await under.call('ci', secret(), { headers: { accept } })).status]).toEqual([accept, 406]);
    }
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const metadata = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    for (const accept of [
      `application/vnd.kubernetes.protobuf;q=1, application/json;q=0.1`,
      `${table}, application/json`,
      `${metadata}, application/json`,
      '*/*',
      'application/json;stream=watch',
    ]) {
      const answer = await under.call('ci', secret(), { headers: { accept, 'accept-encoding': 'gzip' } });
      expect([accept, answer.status, answer.headers['content-type']]).toEqual([
        accept,
        200,
        expect.stringMatching(/^application\/json/),
      ]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(JSON.parse(answer.text).kind).toMatch(/^(Secret|Table|PartialObjectMetadata)$/);
    }
    // Tables with whole objects in them are the objects again.
    const whole = await under.call('ci', `${secret()}?includeObject=Object`, { headers: { accept: table } });
    expect(whole.status).toBe(200);
  }, 30_000);

  proves('kubernetes', 'mask:derived', async () => {
    // What changes an object is answered with the object; a dry run and a diff are, too.
    const { web } = under;
    const name = 'session-key';
    for (const args of [
      ['annotate', 'secret', name, '-n', web, 'a=b', '-o', 'yaml'],
      ['label', 'secret', name, '-n', web, 'a=b', '-o', 'json'],
      ['patch', 'secret', name, '-n', web, '-p', '{"metadata":{"labels":{"c":"d"}}}', '-o', 'yaml'],
      ['patch', 'secret', name, '-n', web, '-p', '{"metadata":{"labels":{"e":"f"}}}', '-o', 'yaml', '--dry-run=server'],
    ]) {
      const shown = await under.ci(...args);
      expect([args.join(' '), shown.code]).toEqual([args.join(' '), 0]);
      expect(shown.stdout).toContain(Buffer.from('[redacted]').toString('base64'));
    }
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: web },
      stringData: { other: 'x' },
    });
    const diff = await under.kubectl('ci', ['diff', '-f', '-'], { input: manifest });
    expect([diff.code, diff.stdout.includes('other')]).toEqual([1, true]);
    const watched = await under.call('ci', `/api/v1/namespaces/${web}/secrets?watch=true&timeoutSeconds=1`);
    const events = watched.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.find(({ object }) => object.metadata?.name === name)).toMatchObject({
      type: 'ADDED',
      object: { data: { key: Buffer.from('[redacted]').toString('base64') } },
    });
  });

  proves('kubernetes', 'mask:used:denied', async () => {
    const { web } = under;
    const { stdout } = await under.ci('get', 'secret', 'session-key', '-n', web, '-o', 'yaml');
    const path = `/api/v1/namespaces/${web}/secrets/session-key`;
    const writes = await under.writesDuring(async () => {
      const back = await under.kubectl('ci', ['replace', '-f', '-'], { input: stdout });
      expect([back.code, back.stderr]).toEqual([1, expect.stringContaining('cannot be written back')]);
      for (const operations of [
        [{ op: 'test', path: '/data/key', value: 'YQ==' }],
        [{ op: 'copy', from: '/data/key', path: '/metadata/labels/x' }],
        [{ op: 'move', from: '/data', path: '/metadata/annotations' }],
      ]) {
        const answer = await under.call('ci', path, {
          method: 'PATCH',
          headers: { 'content-type': 'application/json-patch+json' },
          body: JSON.stringify(operations),
        });
        expect([JSON.stringify(operations), answer.status]).toEqual([JSON.stringify(operations), 403]);
      }
    });
    expect(writes).toEqual([]);
  });

  proves('kubernetes', 'mask:errors', async () => {
    const { payments, web } = under;
    // What the API server says of a value that it does not take, it says with the value, or with all around it.
    const patch = async (what: string, type: string, body: object): Promise<number> => {
      const headers = { 'content-type': `application/${type}+json` };
      const path = `/api/v1/namespaces/${web}/${what}`;
      return (await under.call('ci', path, { method: 'PATCH', headers, body: JSON.stringify(body) })).status;
    };
    expect(await patch('pods/api', 'strategic-merge-patch', { spec: { hostname: 'other' } })).toBe(422);
    expect(
      await patch('pods/api', 'strategic-merge-patch', { spec: { containers: [{ name: 'api', image: '' }] } }),
    ).toBe(422);
    expect(await patch('secrets/session-key', 'merge-patch', { type: 'other' })).toBe(422);
    expect(await patch('secrets/session-key', 'merge-patch', { data: { key: { deep: 1 } } })).toBe(400);
    const missing = await under.ci('get', 'secret', 'nothing', '-n', payments);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('"nothing" not found')]);
  });

  proves('kubernetes', 'mask:revealed', async () => {
    const { payments } = under;
    const shown = await under.kubectl('auditor', [
      'get',
      'secret',
      'database',
      '-n',
      payments,
      '-o',
      'jsonpath={.data.password}',
    ]);
    expect(Buffer.from(shown.stdout, 'base64').toString()).toBe(under.stack.target.password);
    const log = await under.kubectl('auditor', ['logs', 'api', '-n', payments]);
    expect(log.stdout).toContain(under.stack.target.logged);
    // Where it was revealed, the next who asks sees the mask all the same.
    await under.ci('get', 'secret', 'database', '-n', payments, '-o', 'yaml');
  });
}
