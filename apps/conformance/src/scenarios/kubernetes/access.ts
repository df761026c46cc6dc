import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { connect } from 'node:net';
import { FaultProxy, eventually, freePort, makeAuthority, RawSocket } from '@sallyport/testing';
import { proves } from '../../proves.js';
import { clusterResource } from '../../servers/cluster-manifests.js';
import type { ClusterUnderTest } from '../../servers/cluster-under-test.js';

/** Each line ten of the one before. */
const bomb = Array.from({ length: 12 }, (_, at) => {
  const [from, to] = [at, at + 1].map((index) => String.fromCharCode(97 + index));
  return `${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(', ')}]\n`;
}).join('');
const secretless = { apiVersion: 'v1', kind: 'ConfigMap' };

export function accessToClusters(under: ClusterUnderTest): void {
  const arrived = (): number => under.stack.target.requests?.length ?? 0;
  const pods = (namespace = under.web): string => `/api/v1/namespaces/${namespace}/pods`;

  /** Declares a resource over the same cluster, and waits until the gateway serves it. */
  async function declare(name: string, over: object): Promise<void> {
    const cedar = `permit (principal in Group::"ci", action == Action::"list", resource in Resource::"${name}");`;
    const documents = [clusterResource(name, under.stack.target, over), { kind: 'Policy', name, spec: { cedar } }];
    await under.stack.api.expect('PUT', '/v1/manifests', documents.map((each) => JSON.stringify(each)).join('\n---\n'));
    await eventually(`${name} is served`, async () => {
      return (await under.call('ci', pods(), { resource: name })).status !== 403 || undefined;
    });
  }

  proves('kubernetes', 'connect:permitted', async () => {
    const listed = await under.ci('get', 'pods', '-n', under.web);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    expect(listed.stdout).toContain('Running');
    // The JavaScript client speaks for itself: HTTP/1.1, its own headers.
    const config = new KubeConfig();
    config.loadFromFile(under.kubeconfig('ci'));
    const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: under.web });
    expect(items.map((item) => item.metadata?.name)).toEqual(['api']);
  });

  proves('kubernetes', 'connect:access-token', async () => {
    const { api, keys } = under.stack;
    const granted = await api.as(undefined).call('POST', '/oauth/token', 'grant_type=client_credentials', {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`ci:${keys.ci}`).toString('base64')}`,
    });
    expect(granted.status).toBe(200);
    const token = (granted.body as { access_token: string }).access_token;
    expect(await under.kubectl('ci', ['get', 'pods', '-n', under.web], { token })).toMatchObject({ code: 0 });
  });

  proves('kubernetes', 'connect:token:wrong', async () => {
    const before = arrived();
    const { ci } = under.stack.keys;
    for (const token of ['', 'wrong', 'sp_', `${ci}x`, ci.slice(0, -1), 'a'.repeat(9000)]) {
      const { status, headers, text } = await under.call('ci', pods(), { token });
      expect([status, headers['www-authenticate'], JSON.parse(text)]).toMatchObject([
        401,
        'Bearer realm="sallyport"',
        { kind: 'Status', code: 401, reason: 'Unauthorized' },
      ]);
      expect(text).not.toContain(ci.slice(0, 12));
    }
    const shown = await under.kubectl('ci', ['get', 'pods', '-n', under.web], { token: 'wrong' });
    expect(shown.code).toBe(1);
    expect(shown.stderr).toMatch(/logged in|Unauthorized|authentication failed/);
    expect(arrived()).toBe(before);
  });

  proves('kubernetes', 'connect:token:expired', async () => {
    const { api } = under.stack;
    const { key: token } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/ci/keys', {
      expiresInSeconds: 4,
    });
    const status = async (shown: string): Promise<number> => (await under.call('ci', pods(), { token: shown })).status;
    await eventually('the key works', async () => (await status(token)) === 200 || undefined);
    await new Promise((resolve) => setTimeout(resolve, 4100));
    expect(await status(token)).toBe(401);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'ServiceAccount::ci', aud: 'sallyport', exp: 9e9 };
    expect(await status(`${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`)).toBe(401);
  });

  proves('kubernetes', 'connect:resource:unknown', async () => {
    const unknown = await under.call('stranger', pods(), { resource: 'warehouse' });
    const forbidden = await under.call('stranger', pods());
    const words = (text: string): string => text.replace(/[0-9a-f-]{36}\.\d+/g, 'ID');
    expect([unknown.status, words(unknown.text)]).toEqual([403, words(forbidden.text)]);
    expect(Object.keys(unknown.headers)).toEqual(Object.keys(forbidden.headers));
  });

  proves('kubernetes', 'connect:plain:refused', async () => {
    const { httpsPort: port, keys } = under.stack;
    const before = arrived();
    const socket = await RawSocket.connect(port);
    socket.write(`GET /k8s/cluster${pods()} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${keys.ci}\r\n\r\n`);
    expect((await socket.readToEnd()).toString('latin1')).not.toContain('200');
    expect(arrived()).toBe(before);
  });

  proves('kubernetes', 'connect:garbage', async () => {
    const { httpsPort: port, ca } = under.stack;
    const before = arrived();
    for (const bytes of ['\0\0\0\0', 'a'.repeat(100_000), '\x16\x03\x01\xff\xff'.repeat(50)]) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.end(Buffer.from(bytes, 'latin1'));
      await new Promise((resolve) => socket.on('close', resolve).resume());
    }
    const request = `GET /k8s/cluster${pods()} HTTP/1.1\r\n`;
    for (const head of [
      `${request}\r\n`,
      `${request}host: a\r\nhost: b\r\n\r\n`,
      `${request}host: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`,
      `${request}host: a\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`,
      `${request}host: a\r\nname with space: x\r\n\r\n`,
    ]) {
      const socket = await RawSocket.connect(port);
      await socket.startTls({ ca, servername: 'localhost' });
      socket.write(head);
      expect((await socket.readToEnd()).toString('latin1')).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect(arrived()).toBe(before);
    expect((await under.ci('get', 'pods', '-n', under.web)).code).toBe(0);
  });

  proves('kubernetes', 'connect:target:dead', async () => {
    await declare('dead', {
      upstream: { ...under.stack.target.upstream, server: `https://127.0.0.1:${await freePort()}` },
    });
    const { status, text } = await under.call('ci', pods(), { resource: 'dead' });
    expect([status, JSON.parse(text)]).toMatchObject([502, { kind: 'Status', code: 502 }]);
    expect(text).not.toMatch(/127\.0\.0\.1|ECONN/);
  });

  proves('kubernetes', 'connect:target:unverified', async () => {
    const { certificate } = await makeAuthority('somebody else');
    await declare('unverified', { upstream: { ...under.stack.target.upstream, ca: certificate } });
    const before = arrived();
    const { status } = await under.call('ci', pods(), { resource: 'unverified' });
    expect([status, arrived()]).toEqual([502, before]);
  });

  proves('kubernetes', 'query:permitted', async () => {
    const { web } = under;
    const manifest = { ...secretless, metadata: { name: 'made', namespace: web }, data: { a: '1' } };
    const input = JSON.stringify(manifest);
    for (const args of [
      ['apply', '-f', '-'],
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      ['label', 'configmap', 'made', '-n', web, 'team=web'],
      ['patch', 'configmap', 'made', '-n', web, '--type=merge', '-p', '{"data":{"b":"2"}}'],
      ['patch', 'configmap', 'made', '-n', web, '--type=json', '-p', '[{"op":"replace","path":"/data/a","value":"3"}]'],
    ]) {
      const result = await under.kubectl('ci', args, { input });
      expect([args.join(' '), result.code, result.code === 0 ? '' : result.stderr]).toEqual([args.join(' '), 0, '']);
    }
    // Past the gateway: what is stored is what was asked for, with no mask in it.
    const stored = JSON.parse(await under.admin('get', 'configmap', 'made', '-n', web, '-o', 'json'));
    expect([stored.data, stored.metadata.labels]).toEqual([{ a: '3', b: '2' }, { team: 'web' }]);
  });

  proves('kubernetes', 'query:denied', async () => {
    const { payments } = under;
    const body = JSON.stringify({ ...secretless, metadata: { name: 'no' } });
    const writes = await under.writesDuring(async () => {
      for (const [method, path, sent] of [
        ['POST', `/api/v1/namespaces/${payments}/configmaps`, body],
        ['PUT', `/api/v1/namespaces/${payments}/configmaps/settings`, body.replace('"no"', '"settings"')],
        ['DELETE', `/api/v1/namespaces/${payments}/configmaps/settings`, undefined],
        ['DELETE', `/api/v1/namespaces/${payments}/configmaps`, undefined],
        ['DELETE', `/api/v1/namespaces/${payments}`, undefined],
      ] as const) {
        const headers: Record<string, string> = sent ? { 'content-type': 'application/json' } : {};
        const answer = await under.call('ci', path, { method, headers, ...(sent && { body: sent }) });
        const told = JSON.parse(answer.text);
        expect([method, path, answer.status, told.kind]).toEqual([method, path, 403, 'Status']);
        expect(told.message).toMatch(/decision [0-9a-f-]{36}\.\d+/);
      }
      const deleted = await under.ci('delete', 'configmap', 'settings', '-n', payments);
      expect([deleted.code, deleted.stderr]).toEqual([1, expect.stringContaining('no policy permits this')]);
    });
    expect(writes).toEqual([]);
    expect(await under.exists('configmap', 'settings', payments)).toBe(true);
  });

  proves('kubernetes', 'query:unparsable', async () => {
    const path = `/api/v1/namespaces/${under.web}/configmaps`;
    const writes = await under.writesDuring(async () => {
      for (const [type, body, status] of [
        ['application/json', '{"kind":"ConfigMap"', 400],
        ['application/json', '{"kind":"ConfigMap","kind":"Secret"}', 400],
        ['application/json', '[]', 400],
        ['application/json', Buffer.from([0x22, 0xff, 0x22]), 400],
        ['application/yaml', `a: &a [x, x]\n${bomb}`, 400],
        ['application/yaml', 'kind: !!js/function x\n', 400],
        ['application/yaml', 'kind: ConfigMap\nkind: Secret\n', 400],
        ['application/cbor', 'x', 415],
        ['text/plain', '{}', 415],
        ['application/json; charset=utf-7', '{}', 415],
      ] as const) {
        const { status: told } = await under.call('ci', path, {
          method: 'POST',
          headers: { 'content-type': type },
          body,
        });
        expect([type, String(body), told]).toEqual([type, String(body), status]);
      }
    });
    expect(writes).toEqual([]);
  });

  proves('kubernetes', 'query:malformed', async () => {
    const before = arrived();
    for (const path of [
      '/api/v1/namespaces/%00/pods',
      '/api/v1/%zz',
      '/api/v1/namespaces/a%ff/pods',
      '/api\\v1/pods',
    ]) {
      expect([path, (await under.call('ci', path)).status]).toEqual([path, 400]);
    }
    for (const method of ['OPTIONS', 'TRACE', 'PROPFIND']) {
      const { status } = await under.call('ci', pods(), { method });
      expect([method, [400, 405, 501].includes(status)]).toEqual([method, true]);
    }
    expect(arrived()).toBe(before);
  });

  proves('kubernetes', 'query:opaque:denied', async () => {
    // What a proxied server does with a request, nobody here can know.
    const { web } = under;
    const before = arrived();
    for (const path of [
      `${pods()}/api:8080/proxy/`,
      `/api/v1/namespaces/${web}/services/api:8080/proxy/x`,
      '/api/v1/nodes/node-1/proxy/run/',
    ]) {
      for (const method of ['GET', 'POST']) {
        expect([path, (await under.call('ci', path, { method })).status]).toEqual([path, 403]);
      }
    }
    expect(arrived()).toBe(before);
  });

  proves('kubernetes', 'query:side-door:denied', async () => {
    // The same objects by other ways: all namespaces, the old watch prefix, the namespace as a selector.
    const { payments } = under;
    for (const path of [
      '/api/v1/secrets',
      `/api/v1/secrets?fieldSelector=metadata.namespace%3D${payments}`,
      '/api/v1/watch/secrets',
      '/api/v1/secrets?watch=true',
      '/api/v1/configmaps?limit=1',
      '/apis/apps/v1/deployments',
    ]) {
      const { status, text } = await under.call('ci', path);
      expect([path, status]).toEqual([path, 403]);
      expect(text).toContain('name a namespace');
    }
  });

  test('a proxy in between that breaks off is told as the target’s fault', async () => {
    const { upstream, standIn } = under.stack.target;
    const address = new URL(upstream.server);
    const proxy = await FaultProxy.start({ host: address.hostname, port: Number(address.port || 443) });
    const serverName = upstream.serverName ?? (standIn ? undefined : address.hostname);
    await declare('shaky', {
      upstream: { ...upstream, server: `https://127.0.0.1:${proxy.port}`, ...(serverName && { serverName }) },
    });
    proxy.refuse();
    proxy.cut();
    expect((await under.call('ci', pods(), { resource: 'shaky' })).status).toBe(502);
    proxy.heal();
    expect((await under.call('ci', pods(), { resource: 'shaky' })).status).toBe(200);
    await proxy.stop();
  }, 30_000);
}
