import { connect as connectHttp2 } from 'node:http2';
import { once } from 'node:events';
import { eventually } from '@sallyport/testing';
import { clusterResource } from '../../servers/cluster-manifests.js';
import type { ClusterUnderTest } from '../../servers/cluster-under-test.js';

export function attacks(under: ClusterUnderTest): void {
  const pods = (): string => `/api/v1/namespaces/${under.web}/pods`;
  const arrived = (): readonly string[] =>
    (under.stack.target.requests ?? []).map(({ method, url }) => `${method} ${url}`);
  /** What the cluster was asked while this ran; a real one has its own audit. */
  async function reached(work: () => Promise<unknown>): Promise<readonly string[]> {
    const before = arrived().length;
    await work();
    return arrived().slice(before);
  }
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };

  test('K8-01: a command is exec, whatever method and transport ask for it', async () => {
    const { web, payments } = under;
    const asked = await reached(async () => {
      for (const namespace of [web, payments]) {
        for (const websockets of ['true', 'false']) {
          const denied = await under.kubectl('ci', ['exec', 'api', '-n', namespace, '--', 'id'], {
            env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets },
          });
          expect([namespace, websockets, denied.code, denied.stdout]).toEqual([namespace, websockets, 1, '']);
          expect(denied.stderr).toContain('no policy permits this');
        }
      }
      for (const method of ['GET', 'POST']) {
        for (const subresource of [
          'exec?command=id&stdout=true',
          'attach?stdin=true&stdout=true',
          'proxy/',
          'portforward?ports=22',
        ]) {
          const headers = { ...upgrade, 'sec-websocket-protocol': 'v5.channel.k8s.io' };
          const { status } = await under.call('ci', `${pods()}/api/${subresource}`, { method, headers });
          expect([method, subresource, [400, 403, 405].includes(status)]).toEqual([method, subresource, true]);
        }
      }
    });
    expect(asked.filter((each) => /\/(exec|attach|proxy|portforward)/.test(each))).toEqual([]);
  }, 60_000);

  test('K8-02: argv, container and terminal decide, and nothing runs that was not judged', async () => {
    const exec = (query: string): Promise<{ readonly status: number }> =>
      under.call('ci', `${pods()}/api/exec?${query}`, {
        headers: { ...upgrade, 'sec-websocket-protocol': 'v5.channel.k8s.io' },
      });
    const asked = await reached(async () => {
      for (const [query, status] of [
        ['command=echo&command=x&stdout=true&stdin=true', 403],
        ['command=echo&command=x&stdout=true&tty=true', 403],
        ['command=sh&command=-c&command=echo&stdout=true', 403],
        ['command=ECHO&command=x&stdout=true', 403],
        ['command=echo%20x&stdout=true', 403],
        ['command=echo&container=api&container=other&stdout=true', 400],
        ['command=echo&command=x&stdout=true&shell=true', 400],
        ['command=echo&command=x&stdout=maybe', 400],
        ['command=echo;id&stdout=true', 400],
      ] as const) {
        expect([query, (await exec(query)).status]).toEqual([query, status]);
      }
    });
    expect(asked.filter((each) => each.includes('/exec'))).toEqual([]);
    expect((await exec('command=echo&command=x&stdout=1')).status).toBe(101);
    const typed = await under.kubectl('ci', ['exec', '-i', 'api', '-n', under.web, '--', 'cat'], { input: 'a\nb\n' });
    expect([typed.code, typed.stdout]).toEqual([0, 'a\nb\n']);
  }, 30_000);

  test('K8-03: a protocol of streams that nobody here reads is refused', async () => {
    const asked = await reached(async () => {
      for (const protocol of ['v9.channel.k8s.io', 'chat', '', 'v2.portforward.k8s.io']) {
        const headers = { ...upgrade, ...(protocol && { 'sec-websocket-protocol': protocol }) };
        const { status } = await under.call('ci', `${pods()}/api/exec?command=echo&stdout=true`, { headers });
        expect([protocol, status]).toEqual([protocol, 400]);
      }
      for (const name of ['h2c', 'tcp', 'SPDY/2']) {
        const { status } = await under.call('ci', `${pods()}/api/exec?command=echo&stdout=true`, {
          method: 'POST',
          headers: { connection: 'Upgrade', upgrade: name },
        });
        expect([name, [400, 403].includes(status)]).toEqual([name, true]);
      }
    });
    expect(asked.filter((each) => each.includes('/exec'))).toEqual([]);
  }, 30_000);

  test('K8-05: no header, protocol name or token of a client says who asks', async () => {
    const { payments } = under;
    const asked = await reached(async () => {
      const as = await under.ci(
        'get',
        'secrets',
        '-n',
        payments,
        '--as',
        'system:admin',
        '--as-group',
        'system:masters',
      );
      expect([as.code, as.stderr]).toEqual([1, expect.stringContaining('impersonation is not taken from clients')]);
      for (const name of ['Impersonate-User', 'IMPERSONATE-GROUP', 'impersonate-uid', 'Impersonate-Extra-scopes']) {
        for (const headers of [{ [name]: 'system:masters' }, { [name]: ['a', 'b'] }]) {
          const { status } = await under.call('ci', pods(), { headers });
          expect([name, JSON.stringify(headers), [400, 403].includes(status)]).toEqual([
            name,
            JSON.stringify(headers),
            true,
          ]);
        }
      }
    });
    expect(asked).toEqual([]);
    // What a hop drops by name is dropped for good, and the request is the client's own.
    expect(
      (await under.call('ci', pods(), { headers: { 'impersonate-user': 'x', connection: 'impersonate-user' } })).status,
    ).toBe(200);
    const last = under.stack.target.requests?.at(-1);
    expect([last?.impersonated, last?.rawHeaders.join('\n').match(/impersonate/i) ?? null]).toEqual([undefined, null]);
    const bearer = Buffer.from(under.stack.keys.reviewer).toString('base64url');
    const shown: readonly Record<string, string>[] = [
      { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters', 'x-remote-extra-a': 'b' },
      { 'sec-websocket-protocol': `base64url.bearer.authorization.k8s.io.${bearer}` },
      { 'sallyport-token': under.stack.keys.reviewer },
    ];
    for (const headers of shown) {
      const before = under.stack.target.requests?.length ?? 0;
      const { status } = await under.call('ci', pods(), { headers });
      // Two different credentials are none.
      expect(status).toBe('x-remote-user' in headers ? 200 : 401);
      const sent = (under.stack.target.requests ?? []).slice(before);
      for (const { rawHeaders } of sent) expect(rawHeaders.join('\n')).not.toMatch(/x-remote|impersonate/i);
    }
  }, 30_000);

  test('K8-06, K8-07: a path has one reading, and lists of everything are their own permission', async () => {
    const { web, payments } = under;
    const asked = await reached(async () => {
      for (const path of [
        `/api/v1//namespaces/${web}/pods`,
        `/api/v1/namespaces/${web}/../${payments}/secrets`,
        `/api/v1/namespaces/${web}/%2e%2e/${payments}/secrets`,
        `/api/v1/namespaces/${web}%2fsecrets/pods`,
        `/api/v1/namespaces/${web}/pods/api%2fexec`,
        `/api/v1/namespaces/${web}/pods;a=b`,
        `/api/v1/namespaces/${web}/pods/`,
        `/api/v1/namespaces/${web}/pods/.`,
        `/api/v1/proxy/namespaces/${web}/pods/api`,
        `/api/v1/namespaces/${web}/Pods`,
        `/api/v1/namespaces/${web}/pods?watch=maybe`,
        `/api/v1/namespaces/${web}/pods?limit=1&limit=2`,
        `/api/v1/namespaces/${web}/pods?unknown=1`,
        '/../k8s/cluster/api/v1/secrets',
      ]) {
        const { status } = await under.call('ci', path);
        expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      }
      // A selector on a name is a list all the same, and continue tokens do not lead elsewhere.
      for (const path of [
        '/api/v1/secrets?fieldSelector=metadata.name%3Ddatabase',
        '/api/v1/secrets?continue=abc',
        '/apis/events.k8s.io/v1/events',
      ]) {
        expect([path, (await under.call('ci', path)).status]).toEqual([path, 403]);
      }
    });
    expect(asked).toEqual([]);
  }, 30_000);

  test('K8-10, K8-11: what a manifest gives beyond its object is seen, however it is written', async () => {
    const { web } = under;
    const root = { containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }] };
    const template = { metadata: { labels: { a: 'b' } }, spec: root };
    const object = (kind: string, apiVersion: string, spec: object): object => ({
      apiVersion,
      kind,
      metadata: { name: 'root', namespace: web },
      spec,
    });
    const writes = await under.writesDuring(async () => {
      for (const manifest of [
        object('Pod', 'v1', root),
        object('Pod', 'v1', { ...root, containers: [{ name: 'c', image: 'x' }], hostPID: true }),
        object('Pod', 'v1', {
          containers: [{ name: 'c', image: 'x' }],
          volumes: [{ name: 'v', hostPath: { path: '/' } }],
        }),
        object('Deployment', 'apps/v1', { selector: { matchLabels: { a: 'b' } }, template }),
        object('Job', 'batch/v1', { template }),
        object('CronJob', 'batch/v1', { schedule: '* * * * *', jobTemplate: { spec: { template } } }),
      ]) {
        for (const args of [
          ['apply', '--validate=false', '-f', '-'],
          ['apply', '--server-side', '-f', '-'],
        ]) {
          const result = await under.kubectl('ci', args, { input: JSON.stringify(manifest) });
          expect([args.join(' '), result.code]).toEqual([args.join(' '), 1]);
          expect(result.stderr).toContain('pods may not have more than their namespace');
        }
      }
      const patch = await under.ci(
        'patch',
        'deployment',
        'site',
        '-n',
        web,
        '--type=json',
        '-p',
        '[{"op":"add","path":"/spec/template/spec/hostNetwork","value":true}]',
      );
      expect([patch.code, patch.stderr]).toEqual([1, expect.stringContaining('pods may not')]);
      for (const type of ['application/cbor', 'application/octet-stream', 'application/apply-patch+cbor']) {
        const { status } = await under.call('ci', pods(), {
          method: 'POST',
          headers: { 'content-type': type },
          body: 'k8s\0x',
        });
        expect([type, status]).toEqual([type, 415]);
      }
    });
    expect(writes).toEqual([]);
  }, 90_000);

  test('K8-13: a proxied server is a permission of its own and brings no cookie', async () => {
    expect((await under.call('ci', `${pods()}/api:8080/proxy/`)).status).toBe(403);
    const answer = await under.call('reviewer', `${pods()}/api:8080/proxy/hostname`);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([expect.any(Number), undefined]);
    const asked = await reached(async () => {
      for (const path of ['/api/v1/nodes/169.254.169.254:80/proxy/latest', `${pods()}/10.0.0.1:22/proxy/`]) {
        expect((await under.call('ci', path)).status).toBe(403);
      }
    });
    expect(asked).toEqual([]);
  }, 30_000);

  test('K8-14: a port is forwarded where it is permitted, and no other', async () => {
    for (const websockets of ['true', 'false']) {
      const forward = async (ports: string, patienceMs: number): Promise<string> => {
        const leaving = new AbortController();
        const forwarding = under.kubectl('ci', ['port-forward', 'pod/api', '-n', under.web, ports], {
          env: { KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets },
          signal: leaving.signal,
        });
        const [local] = ports.split(':');
        const text = await eventually(
          'an answer',
          async () => {
            const answer = await fetch(`http://127.0.0.1:${local}/hostname`).catch(() => undefined);
            return answer ? `HTTP ${answer.status}` : undefined;
          },
          patienceMs,
        ).catch(() => 'nothing');
        leaving.abort();
        await forwarding;
        return text;
      };
      const port = 20_000 + Math.floor(Math.random() * 20_000);
      expect([websockets, await forward(`${port}:8080`, 15_000)]).toEqual([websockets, 'HTTP 200']);
      expect([websockets, await forward(`${port + 1}:7`, 4000)]).toEqual([websockets, 'nothing']);
    }
  }, 60_000);

  test('K8-18, K8-21: discovery and questions about oneself pass, about others not', async () => {
    for (const path of ['/version', '/api', '/apis', '/apis/apps/v1', '/openapi/v3']) {
      expect([path, (await under.call('ci', path)).status]).toEqual([path, 200]);
    }
    const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
    expect(JSON.parse((await under.call('ci', '/apis', { headers: aggregated })).text).kind).toMatch(/APIGroup/);
    expect((await under.call('stranger', '/version')).status).toBe(403);
    const ask = async (group: string, resource: string, kind: string, spec: object): Promise<number> =>
      (
        await under.call('ci', `/apis/${group}/v1/${resource}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ apiVersion: `${group}/v1`, kind, spec }),
        })
      ).status;
    const access = { resourceAttributes: { namespace: under.web, verb: 'get', resource: 'pods' } };
    expect(await ask('authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', access)).toBe(201);
    expect(
      await ask('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview', { ...access, user: 'x' }),
    ).toBe(403);
    expect(await ask('authentication.k8s.io', 'tokenreviews', 'TokenReview', { token: 'x' })).toBe(403);
  }, 30_000);

  test('K8-19: the cluster of the path is the one that is judged and asked', async () => {
    const { api, keys, httpsPort: port, ca } = under.stack;
    await api.expect('PUT', '/v1/manifests', JSON.stringify(clusterResource('other', under.stack.target)));
    await eventually(
      'it is served',
      async () => (await under.call('reviewer', pods(), { resource: 'other' })).status === 403 || undefined,
    );
    const asked = await reached(async () => {
      const hosts: readonly Record<string, string>[] = [
        { host: 'cluster' },
        { host: 'cluster.gateway.test' },
        { 'x-forwarded-host': 'cluster' },
      ];
      for (const headers of hosts) {
        expect((await under.call('ci', pods(), { resource: 'other', headers })).status).toBeGreaterThanOrEqual(400);
      }
    });
    expect(asked).toEqual([]);
    // One connection, two resources and two keys: each request is judged for itself.
    const client = connectHttp2(`https://127.0.0.1:${port}`, { ca });
    const status = async (resource: string, token: string): Promise<number> => {
      const stream = client.request({ ':path': `/k8s/${resource}${pods()}`, authorization: `Bearer ${token}` });
      const [headers] = (await once(stream, 'response')) as [Record<string, number>];
      stream.resume().close();
      return headers[':status']!;
    };
    expect(
      await Promise.all([status('cluster', keys.ci), status('other', keys.ci), status('cluster', keys.stranger)]),
    ).toEqual([200, 403, 403]);
    client.destroy();
  }, 30_000);

  test('K8-20: over HTTP/2 a path is the same path, and the connection serves on', async () => {
    const { keys, httpsPort: port, ca } = under.stack;
    const client = connectHttp2(`https://127.0.0.1:${port}`, { ca });
    const status = async (headers: Record<string, string>): Promise<unknown> => {
      const stream = client.request({ authorization: `Bearer ${keys.ci}`, ...headers });
      const told = once(stream, 'response').then(([head]) => (head as Record<string, number>)[':status']);
      return Promise.race([told, once(stream, 'close').then(() => 'closed')]).catch(() => 'closed');
    };
    const asked = await reached(async () => {
      const heads: readonly Record<string, string>[] = [
        { ':path': `k8s/cluster${pods()}` },
        { ':path': `/k8s/cluster/api/v1/namespaces/${under.web}/../${under.payments}/secrets` },
        { ':path': `/k8s/cluster${pods()}`, 'impersonate-user': 'admin' },
      ];
      for (const headers of heads) {
        expect([headers, [400, 403, 'closed'].includes((await status(headers)) as number)]).toEqual([headers, true]);
      }
    });
    expect(asked).toEqual([]);
    client.destroy();
    const again = connectHttp2(`https://127.0.0.1:${port}`, { ca });
    const stream = again.request({ ':path': `/k8s/cluster${pods()}`, authorization: `Bearer ${keys.ci}` });
    const [head] = (await once(stream, 'response')) as [Record<string, number>];
    expect(head[':status']).toBe(200);
    again.destroy();
  }, 30_000);
}
