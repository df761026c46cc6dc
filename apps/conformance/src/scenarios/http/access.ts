import { eventually } from '@sallyport/testing';
import { proves } from '../../proves.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';
import type { HttpStack } from '../../servers/http-stack.js';

const json = { 'content-type': 'application/json' };

/** For one test, on a machine that has other things to do. */
const patienceMs = 30_000;

export function accessToServices(under: HttpStack): void {
  const withToken = (token: string): Promise<Response> =>
    fetch(under.url('shop', '/customers/1'), { headers: { authorization: `Bearer ${token}` } });
  const problem = async (answer: Response): Promise<Record<string, unknown>> => {
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    return (await answer.json()) as Record<string, unknown>;
  };
  async function newest(account: 'ci' | 'reviewer'): Promise<StoredRecording> {
    const [session] = await sessionsOf(under.installation, account);
    return StoredRecording.of(under.installation, session!.id);
  }

  proves('http', 'connect:permitted', async () => {
    for (const [flag, version] of [
      ['--http1.1', '1.1'],
      ['--http2', '2'],
    ] as const) {
      const answer = await under.curl('ci', [flag, under.url('shop', '/public')]).done();
      expect([answer.code, answer.status, answer.version, String(answer.body)]).toEqual([
        0,
        200,
        version,
        '{"public":true}',
      ]);
    }
    const answer = await under.ask('ci', 'edge', '/files/data.json');
    expect([answer.status, await answer.json()]).toEqual([200, { static: true }]);
    expect((await under.ask('ci', 'trusted', '/public')).status).toBe(200);
  });

  proves('http', 'connect:access-token', async () => {
    const { api } = under.installation;
    const granted = await api.as(undefined).call('POST', '/oauth/token', 'grant_type=client_credentials', {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`ci:${under.keys.ci}`).toString('base64')}`,
    });
    const { access_token: token } = granted.body as { access_token: string };
    expect((await withToken(token)).status).toBe(200);
  });

  proves('http', 'connect:token:wrong', async () => {
    under.origin.forget();
    const { ci } = under.keys;
    for (const token of ['wrong', 'sp_', `${ci}x`, ci.slice(0, -1), 'a'.repeat(9000)]) {
      const answer = await withToken(token);
      expect([token, answer.status]).toEqual([token, 401]);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(JSON.stringify(await problem(answer))).not.toContain(ci.slice(0, 12));
    }
    const other: Record<string, string>[] = [
      {},
      { authorization: `Basic ${Buffer.from(`ci:${ci}`).toString('base64')}` },
      { authorization: ci },
      { authorization: `Bearer ${ci}, Bearer ${ci}` },
      { cookie: `token=${ci}` },
    ];
    for (const headers of other) expect((await fetch(under.url('shop', '/public'), { headers })).status).toBe(401);
    expect((await fetch(`${under.url('shop', '/public')}?access_token=${ci}`)).status).toBe(401);
    expect(under.origin.wire.join('')).toBe('');
  });

  proves('http', 'connect:token:expired', async () => {
    const { api } = under.installation;
    const made = await api.expect<{ key: string }>('POST', '/v1/service-accounts/ci/keys', { expiresInSeconds: 3 });
    await eventually('the key works', async () => (await withToken(made.key)).status === 200 || undefined);
    await eventually('the key is over', async () => (await withToken(made.key)).status === 401 || undefined, 6000);
    // A token that says of itself that it needs no signature.
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'ServiceAccount::ci', aud: 'sallyport', exp: 9e9 };
    expect((await withToken(`${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`)).status).toBe(401);
  });

  proves('http', 'connect:resource:unknown', async () => {
    const unknown = await under.ask('stranger', 'warehouse', '/public');
    const forbidden = await under.ask('stranger', 'shop', '/public');
    expect([unknown.status, forbidden.status]).toEqual([403, 403]);
    const shape = (answer: Response): string[] => [...answer.headers].map(([name]) => name);
    expect(shape(unknown)).toEqual(shape(forbidden));
    const words = ({ decision, ...rest }: Record<string, unknown>): unknown => [rest, String(decision).length];
    expect(words(await problem(unknown))).toEqual(words(await problem(forbidden)));
  });

  proves('http', 'connect:plain:refused', async () => {
    const port = under.installation.httpsPort;
    under.origin.forget();
    const headers = { authorization: `Bearer ${under.keys.ci}` };
    await expect(fetch(`http://127.0.0.1:${port}/http/shop/public`, { headers })).rejects.toThrow();
    expect(under.origin.requests).toEqual([]);
  });

  proves('http', 'connect:target:dead', async () => {
    const answer = await under.ask('ci', 'dead', '/');
    expect([answer.status, (await problem(answer))['code']]).toEqual([502, 'upstream-failed']);
  });

  proves('http', 'connect:target:unverified', async () => {
    under.secure.forget();
    const answer = await under.ask('ci', 'untrusted', '/public');
    expect([answer.status, (await problem(answer))['code']]).toEqual([502, 'upstream-failed']);
    // Nothing of the request, and not the credential either.
    expect(under.secure.wire.join('')).toBe('');
  });

  proves('http', 'query:permitted', async () => {
    under.origin.forget();
    const answer = await under.ask('ci', 'shop', '/orders?dry=1&x=a%20b', {
      method: 'POST',
      headers: { ...json, 'idempotency-key': 'k1' },
      body: '{"item":"a","amount":1}',
    });
    expect(answer.status).toBe(200);
    expect(under.origin.requests).toHaveLength(1);
    expect(under.origin.requests[0]).toMatchObject({
      method: 'POST',
      target: '/v1/orders?dry=1&x=a%20b',
      body: '{"item":"a","amount":1}',
      headers: { ...json, 'idempotency-key': 'k1', host: `127.0.0.1:${under.origin.port}` },
    });
  });

  proves('http', 'query:denied', async () => {
    under.origin.forget();
    const before = new Map(under.origin.state.orders);
    const body = '{"amount":666}';
    const refused: [string, RequestInit, string][] = [
      ['/admin', {}, 'administration has its own door'],
      ['/orders', { method: 'POST', headers: json, body }, 'such an amount is for people'],
      ['/orders', { method: 'POST', headers: json, body: '{"amount":6.66e2}' }, 'such an amount is for people'],
      [
        '/orders/1',
        { method: 'PUT', headers: json, body: '{}' },
        'no policy permits this, or there is no such resource',
      ],
      ['/no/such/route', {}, 'no policy permits this, or there is no such resource'],
    ];
    for (const [path, init, detail] of refused) {
      const answer = await under.ask('ci', 'shop', path, init);
      const told = await problem(answer);
      expect([path, answer.status, told['detail']]).toEqual([path, 403, detail]);
      expect(told['decision']).toMatch(/^[0-9a-f-]{36}\.\d+$/);
    }
    expect(under.origin.requests).toEqual([]);
    expect(under.origin.state.orders).toEqual(before);
    // The connection lives on.
    expect((await under.ask('ci', 'shop', '/public')).status).toBe(200);
  });

  proves('http', 'query:unparsable', async () => {
    under.origin.forget();
    for (const body of ['{"a":1,"a":2}', '{"a":1', '{a:1}', '{"a":NaN}', '\ufeff{}', '{} {}', '']) {
      const answer = await under.ask('ci', 'shop', '/orders', { method: 'POST', headers: json, body });
      const empty = body === '';
      expect([body, answer.status]).toEqual([body, empty ? 200 : 400]);
      await answer.text();
    }
    expect(under.origin.requests).toHaveLength(1);
    expect((await under.ask('ci', 'shop', '/public', { method: 'TRACE' }).catch(() => undefined))?.status ?? 405).toBe(
      405,
    );
  });

  proves('http', 'record:as-seen', async () => {
    const client = await under.raw();
    const ask = (path: string): void =>
      client.send(
        `GET /http/shop${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${under.keys.ci}\r\n\r\n`,
      );
    let received = '';
    for (const path of ['/customers/1', '/admin', '/public']) {
      ask(path);
      const { head, body } = await client.answer();
      received += body;
      expect(head).toMatch(/^HTTP\/1\.1 (200|403)/);
    }
    client.close();
    const recording = await newest('ci');
    const recorded = (await recording.responses()).toString('latin1').replace(/HTTP\/1\.1 [^]*?\r\n\r\n/g, '');
    expect(recorded).toBe(received);
    under.expectNoCanary(recording.bytes);
    const transcript = await recording.transcript();
    for (const part of ['GET /customers/1', 'GET /admin', 'customer 1', 'ServiceAccount::ci']) {
      expect(transcript).toContain(part);
    }
  });

  proves('http', 'record:denied', async () => {
    const client = await under.raw();
    const lines = [
      'GET /http/shop/public',
      'GET /http/shop/admin',
      'PUT /http/shop/orders/1',
      'TRACE /http/shop/public',
    ];
    for (const line of lines) {
      client.send(`${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${under.keys.ci}\r\n\r\n`);
      await client.answer();
    }
    client.close();
    const frames = await (await newest('ci')).frames();
    const judged = frames.flatMap((frame) => (frame.kind === 'decision' ? [frame.decision] : []));
    expect(judged.map(({ text, effect }) => [text, effect])).toEqual([
      ['GET /public', 'permit'],
      ['GET /admin', 'deny'],
      ['PUT /orders/1', 'deny'],
      ['TRACE /public', 'deny'],
    ]);
    expect(new Set(judged.map(({ seq }) => seq)).size).toBe(judged.length);
  });

  proves('http', 'record:verify', async () => {
    const client = await under.raw();
    client.send(`GET /http/shop/public HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${under.keys.ci}\r\n\r\n`);
    await client.answer();
    client.close();
    const recording = await newest('ci');
    const whole = await recording.verify();
    expect(whole).toMatchObject({ ok: true });
    for (let at = 0; at < recording.bytes.length; at += Math.ceil(recording.bytes.length / 40)) {
      const changed = Buffer.from(recording.bytes);
      changed[at]! ^= 1;
      const report = await recording.verify(changed).catch(() => ({ ok: false, chain: undefined }));
      // A change inside the last segment shows against the chain value that the control plane keeps.
      expect([at, report.ok && report.chain === whole.chain]).toEqual([at, false]);
    }
  });

  test(
    'HT-09: no address leads to metadata, to the gateway itself or to the control plane, however it is written',
    async () => {
      const { api } = under.installation;
      under.origin.forget();
      const place = new URL(api.url);
      const hosts = [
        '169.254.169.254',
        '[fe80::1]',
        '0.0.0.0',
        '[::ffff:169.254.169.254]',
        '[64:ff9b::a9fe:a9fe]',
        '2852039166',
      ];
      const forms = ['0xa9fea9fe', '0251.0376.0251.0376', '[::]', '224.0.0.1', '100.100.100.200', '[2002:a9fe:a9fe::]'];
      const urls = [
        ...[...hosts, ...forms].map((host) => `http://${host}:${under.origin.port}/`),
        `https://localhost:${place.port}`,
      ];
      const made: string[] = [];
      for (const [index, url] of [...urls, `https://127.0.0.1:${place.port}`].entries()) {
        const name = `away-${index}`;
        const spec = { protocol: 'http', upstream: { url, ca: under.installation.ca } };
        const answer = await api.call('PUT', '/v1/manifests', JSON.stringify({ kind: 'Resource', name, spec }));
        expect([url, [200, 422].includes(answer.status)]).toEqual([url, true]);
        if (answer.status === 200) made.push(name);
      }
      const cedar = made.map(
        (name) => `permit (principal, action == Action::"request", resource == Resource::"${name}");`,
      );
      await api.expect(
        'PUT',
        '/v1/manifests',
        JSON.stringify({ kind: 'Policy', name: 'away', spec: { cedar: cedar.join('\n') } }),
      );
      for (const name of made) {
        const answer = await eventually('the resource is known', async () => {
          const got = await under.ask('ci', name, '/healthz');
          return got.status === 403 ? undefined : got;
        });
        expect([name, answer.status, await answer.json()]).toEqual([
          name,
          502,
          expect.objectContaining({ code: 'upstream-failed' }),
        ]);
      }
      expect([made.length > 5, under.origin.wire.join('')]).toEqual([true, '']);
      for (const name of made) await api.expect('DELETE', `/v1/resources/${name}`);
    },
    patienceMs,
  );

  test(
    'HT-21: every route of the control plane asks who is there, and nothing of its inside is on a public listener',
    async () => {
      const anonymous = under.installation.api.as(undefined);
      const { paths } = await anonymous.expect<{ paths: Record<string, Record<string, { security?: unknown[] }>> }>(
        'GET',
        '/openapi.json',
      );
      const asked = Object.entries(paths).flatMap(([path, operations]) =>
        Object.entries(operations).map(([method, { security }]) => ({ path, method, open: security?.length === 0 })),
      );
      expect(asked.filter(({ open }) => !open).length).toBeGreaterThan(50);
      for (const { path, method, open } of asked) {
        if (open) continue;
        const concrete = path.replaceAll('{id}', '00000000-0000-4000-8000-000000000000').replace(/\{\w+\}/g, 'nobody');
        // However the path is spelled: routing and the guard read the same one.
        for (const spelled of [concrete, concrete.replace('/v1/', '/v1//')]) {
          const { status } = await anonymous.call(method.toUpperCase(), spelled);
          expect([method, spelled, [401, 404].includes(status)]).toEqual([method, spelled, true]);
          if (spelled === concrete) expect([method, spelled, status]).toEqual([method, spelled, 401]);
        }
      }
      const counted = String((await anonymous.call('GET', '/metrics')).bytes);
      for (const name of ['shop', 'ci', 'reviewer', 'dba-does-all'])
        expect(counted).not.toMatch(new RegExp(`"${name}"`));
      for (const path of ['/debug', '/debug/pprof', '/.env', '/v1/..%2fmetrics']) {
        expect([path, [401, 404, 400].includes((await anonymous.call('GET', path)).status)]).toEqual([path, true]);
      }
    },
    patienceMs,
  );

  test(
    'HT-22: no page and no redirect carries a token to where it was not asked from',
    async () => {
      const { api } = under.installation;
      const question = (redirect: string, more = ''): string =>
        `/oauth/authorize?response_type=code&client_id=sallyport-cli&code_challenge=${'a'.repeat(43)}` +
        `&code_challenge_method=S256&state=s&redirect_uri=${encodeURIComponent(redirect)}${more}`;
      for (const redirect of [
        'https://evil.example/callback',
        'http://127.0.0.1.evil.example/callback',
        'http://127.0.0.1@evil.example/callback',
        'http://localhost.evil.example/',
        '//evil.example',
        'javascript:alert(1)',
      ]) {
        const answer = await api.as(undefined).call('GET', question(redirect));
        expect([redirect, answer.status >= 400, answer.headers['location']]).toEqual([redirect, true, undefined]);
      }
      const next = await api
        .as(undefined)
        .call('GET', '/auth/login?next=https://evil.example/&redirect=//evil.example');
      expect(String(next.headers['location'] ?? '')).not.toContain('evil.example');
      for (const path of ['/v1/whoami', `/v1/service-accounts/ci/keys`]) {
        const { bytes } = await api.call('GET', path);
        expect(bytes.toString()).not.toContain(under.keys.ci);
        expect(bytes.toString()).not.toContain(api.token!);
      }
    },
    patienceMs,
  );
}
