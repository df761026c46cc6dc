import type { HttpStack } from '../../servers/http-stack.js';

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** For one test, on a machine that has other things to do. */
const patienceMs = 30_000;

export function requests(under: HttpStack): void {
  const line = (): string => `Host: localhost\r\nAuthorization: Bearer ${under.keys.ci}\r\n`;
  /** Two hundred clients that began a head and never end it, from before the first test on. */
  let dawdled: Promise<{ said: string; tookMs: number }>;
  beforeAll(async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => under.raw()));
    const since = Date.now();
    for (const client of idle) client.send('GET /http/shop/pub');
    dawdled = Promise.all(idle.map((client) => client.socket.readToEnd(20_000))).then((all) => {
      for (const client of idle) client.close();
      return { said: String(all[0]), tookMs: Date.now() - since };
    });
    dawdled.catch(() => undefined);
  }, 20_000);
  /** The status of one request, written as it stands. */
  async function status(target: string, fields = line()): Promise<number> {
    const client = await under.raw();
    client.send(`GET ${target} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
    const answer = await client.answer(3000).catch(() => ({ status: 0, body: '' }));
    client.close();
    under.expectNoCanary(answer.body);
    return answer.status;
  }
  const targets = (): string[] => under.origin.requests.map(({ target }) => target);
  const post = (resource: string, path: string, headers: Record<string, string>, body: string | Buffer) =>
    under.ask('ci', resource, path, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) });

  test(
    'HT-02: a path has one reading, and that one is judged and forwarded',
    async () => {
      under.origin.forget();
      const refused = [
        ...[
          '//admin',
          '/./admin',
          '/public/../admin',
          '/public/..%2fadmin',
          '/public/%2e%2e/admin',
          '/public/.%2e/admin',
        ],
        ...[
          '/public/%2e/x',
          '/public/..;/admin',
          '/public/..;x=1/admin',
          '/public%2f..%2fadmin',
          '/public%2Fx',
          '/a%5cb',
        ],
        ...['/public\\..\\admin', '/admin%00', '/public/%00', '/public/%0d%0aX: y', '/public/%c0%ae%c0%ae/admin'],
        ...[
          '/public/%e0%80%af',
          '/public/%ff',
          '/public/%',
          '/public/%zz',
          '/public/%2',
          '/public#/../admin',
          '/public/a#b',
        ],
        ...['/public/\x01', '/public/\x7f', '/public//x', '/public/.', '/public/..'],
      ];
      for (const path of refused) expect([path, await status(`/http/shop${path}`)]).toEqual([path, 400]);
      // One reading, which is not permitted: the door of administration by other names, and what only looks like a way in.
      const denied = [
        '/admin',
        '/%61dmin',
        '/admin/',
        '/admin;x=/public',
        '/admin;jsessionid=1',
        '/ADMIN',
        '/public;/x',
      ];
      for (const path of [
        ...denied,
        '/admin.',
        '/%ef%bd%81dmin',
        '/public%3f/../admin',
        '/Public',
        '/public%20',
        '/admin%3fx',
      ]) {
        const got = await status(`/http/shop${path}`);
        expect([path, [400, 403].includes(got)]).toEqual([path, true]);
      }
      for (const target of ['*', 'localhost:443', 'http/shop/public', '?x', 'https://evil/http/shop/public']) {
        expect([target, (await status(target)) >= 400]).toEqual([target, true]);
      }
      for (const path of [
        '/../http/shop/public',
        '//http/shop/public',
        '/http//shop/public',
        '/http/shop%2fpublic',
        '/%2fhttp/shop',
      ]) {
        expect([path, (await status(path)) >= 400]).toEqual([path, true]);
      }
      expect(targets()).toEqual([]);
      // Decoded once, and written anew.
      expect(await status('/http/shop/%70ublic/%7Ea/b%20c')).toBe(200);
      expect(await status('/http/shop/public/%2561')).toBe(200);
      expect(await status('https://localhost/http/shop/public')).toBe(200);
      expect(targets()).toEqual(['/v1/public/~a/b%20c', '/v1/public/%2561', '/v1/public']);
    },
    patienceMs,
  );

  test(
    'HT-03: a query opens no path',
    async () => {
      under.origin.forget();
      for (const path of ['/admin?x=/public', '/admin?/public', '/admin?route=/public&route=GET+/public']) {
        expect([path, await status(`/http/shop${path}`)]).toEqual([path, 403]);
      }
      expect(targets()).toEqual([]);
      expect(await status('/http/shop/public?next=/admin&a=1&a=2')).toBe(200);
      expect(targets()).toEqual(['/v1/public?next=%2Fadmin&a=1&a=2']);
    },
    patienceMs,
  );

  test(
    'HT-05: a request is for one host, and the service is told its own',
    async () => {
      under.origin.forget();
      const bearer = `Authorization: Bearer ${under.keys.ci}\r\n`;
      const hosts = [
        '',
        'Host: localhost\r\nHost: localhost\r\n',
        'Host: localhost, evil\r\n',
        'Host: \r\n',
        'Host: localhost:\r\n',
      ];
      for (const host of [
        ...hosts,
        'Host: user@localhost\r\n',
        'Host: localhost.\r\n',
        'Host: local host\r\n',
        'Host: localhost:080\r\n',
      ]) {
        expect([host, await status('/http/shop/public', `${host}${bearer}`)]).toEqual([host, 400]);
      }
      // Not the name that the handshake was for.
      for (const host of ['evil', '127.evil.com', 'shop.gateway.test', '127.0.0.1']) {
        expect([host, await status('/http/shop/public', `Host: ${host}\r\n${bearer}`)]).toEqual([host, 421]);
      }
      expect(await status('https://evil/http/shop/public', `Host: localhost\r\n${bearer}`)).toBe(400);
      expect(targets()).toEqual([]);
      expect(await status('/http/shop/public', `Host: localhost\r\nX-Forwarded-Host: evil\r\n${bearer}`)).toBe(200);
      expect(under.origin.requests[0]!.headers['host']).toBe(`127.0.0.1:${under.origin.port}`);
    },
    patienceMs,
  );

  const forged: Record<string, string> = {
    ...{
      'x-forwarded-user': 'root',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'http',
    },
    ...{ 'x-forwarded-uri': '/admin', 'x-original-url': '/admin', 'x-rewrite-url': '/admin', 'x-real-ip': '10.0.0.1' },
    ...{
      forwarded: 'for=10.0.0.1',
      'x-remote-user': 'root',
      'x-warpgate-username': 'root',
      'x-sallyport-principal': 'root',
    },
    ...{
      x_forwarded_user: 'root',
      'x-forwarded_user': 'root',
      x_custom: '1',
      'x-http-method-override': 'DELETE',
      via: '1.1 x',
    },
    ...{ cookie: 'session=1', 'proxy-authorization': 'Basic x', 'x-client-cert': 'x', 'impersonate-user': 'root' },
  };
  const foreign = (names: readonly string[]): string[] => names.filter((name) => name.toLowerCase() in forged);

  test(
    'HT-06: who somebody is, is said by the gateway alone, whichever way the request goes',
    async () => {
      under.origin.forget();
      for (const flag of ['--http1.1', '--http2']) {
        const args = Object.entries(forged).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
        const answer = await under
          .curl('ci', [flag, ...args, '-H', 'X-Custom: mine', under.url('open', '/echo')])
          .done();
        // A name with an underscore may be refused outright.
        expect([200, 400]).toContain(answer.status);
      }
      const { authorization: _, ...plain } = forged;
      const named = Object.fromEntries(Object.entries(plain).filter(([name]) => !name.includes('_')));
      expect((await under.ask('ci', 'open', '/echo', { headers: { ...named, 'x-custom': 'mine' } })).status).toBe(200);
      expect((await under.ask('ci', 'open', '/events?n=1', { headers: named })).status).toBe(200);
      const raw = await under.raw();
      const fields = Object.entries(named).map(([name, value]) => `${name}: ${value}\r\n`);
      raw.send(
        `GET /http/open/socket HTTP/1.1\r\n${line()}${fields.join('')}Connection: upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}\r\n\r\n`,
      );
      expect((await raw.answer()).status).toBe(101);
      raw.close();
      expect(targets()).toEqual(expect.arrayContaining(['/v1/echo', '/v1/events?n=1', '/v1/socket']));
      for (const { rawHeaders, headers } of under.origin.requests) {
        expect(foreign(rawHeaders.filter((_each, index) => index % 2 === 0))).toEqual([]);
        expect(headers['authorization']).toBe(`Bearer ${under.credential}`);
      }
      expect(under.origin.requests.some(({ headers }) => headers['x-custom'] === 'mine')).toBe(true);
    },
    patienceMs,
  );

  test(
    'HT-07: what ends at the gateway ends there, and takes nothing of its own along',
    async () => {
      under.origin.forget();
      const fields = [
        'Connection: keep-alive, Authorization, X-Custom, Cookie',
        'Keep-Alive: timeout=9',
        'TE: trailers',
        'Trailer: X-A',
      ];
      const more = ['Proxy-Connection: keep-alive', 'X-Custom: mine', 'Upgrade: h2c', 'User-Agent: me'];
      const all = [...fields, ...more].map((each) => `${each}\r\n`).join('');
      const client = await under.raw();
      client.send(`GET /http/open/echo HTTP/1.1\r\n${line()}${all}\r\n`);
      const { status: got } = await client.answer();
      client.close();
      // A client that has its credential taken off proves nobody; otherwise the service sees the gateway's own fields only.
      expect([200, 400, 401]).toContain(got);
      const plain = await under.raw();
      plain.send(`GET /http/open/echo HTTP/1.1\r\n${line()}${all.replace('Authorization, ', '')}\r\n`);
      expect((await plain.answer()).status).toBe(200);
      plain.close();
      for (const { headers } of under.origin.requests) {
        expect(headers).toMatchObject({ authorization: `Bearer ${under.credential}`, 'user-agent': 'me' });
        expect(headers['x-custom']).toBeUndefined();
        for (const name of ['keep-alive', 'te', 'trailer', 'upgrade', 'proxy-connection', 'http2-settings']) {
          expect([name, headers[name]]).toEqual([name, undefined]);
        }
      }
    },
    patienceMs,
  );

  test(
    'HT-14: JSON has one reading, and that one is judged and forwarded',
    async () => {
      under.origin.forget();
      const refused: (string | Buffer)[] = [
        '{"amount":1,"amount":666}',
        '{"amount":1,}',
        '{"__proto__":{"amount":666}}',
        '// x\n{}',
        "{'a':1}",
        '{"a":Infinity}',
      ];
      refused.push(
        Buffer.from('{"amount":666}', 'utf16le'),
        '\ufeff{}',
        '{"a":"\ud800"}'.replace('\ud800', '\\ud800'),
        '[1 2]',
        '01',
      );
      refused.push(
        `${'['.repeat(2000)}${']'.repeat(2000)}`,
        Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
        '{"a":1}x',
      );
      for (const body of refused) {
        const answer = await post('shop', '/orders', json, body);
        expect([String(body).slice(0, 40), answer.status]).toEqual([String(body).slice(0, 40), 400]);
      }
      for (const type of ['application/json; charset=utf-16', 'application/json, text/plain', 'application/json;']) {
        const answer = await post('shop', '/orders', { 'content-type': type }, '{"amount":666}');
        expect([type, [400, 403, 415].includes(answer.status)]).toEqual([type, true]);
      }
      for (const body of ['{"amount":666}', '{"am\\u006funt":666}', '{"amount":666.0}', '{"amount":6660e-1}']) {
        expect([body, (await post('shop', '/orders', json, body)).status]).toEqual([body, 403]);
      }
      expect(targets()).toEqual([]);
      await post('shop', '/orders', json, ' { "big" : 123456789012345678901234567890 , "s":"\\u0061" }');
      expect(under.origin.requests[0]!.body).toBe('{"big":123456789012345678901234567890,"s":"a"}');
    },
    patienceMs,
  );

  test(
    'HT-15: forms and their parts have one reading; bodies have an end',
    async () => {
      under.origin.forget();
      const multipart = (body: string, type = 'multipart/form-data; boundary=b'): Promise<Response> =>
        post('shop', '/orders', { 'content-type': type }, body);
      const part = (fields: string, value = 'v'): string => `--b\r\n${fields}\r\n\r\n${value}\r\n`;
      const named = 'Content-Disposition: form-data; name="a"';
      const refused = [
        `${part(named)}`,
        part(named).replace('--b', '--c'),
        `${part(named)}--b`,
        `${part('X: y')}--b--\r\n`,
      ];
      refused.push(`${part(`${named}; name="b"`)}--b--\r\n`, `${part(`${named}\r\n${named}`)}--b--\r\n`, 'nothing');
      for (const body of refused) expect([body, (await multipart(body)).status]).toEqual([body, 400]);
      const types = [
        'multipart/form-data',
        'multipart/form-data; boundary=b; boundary=c',
        'multipart/form-data; boundary="b',
      ];
      for (const type of types) {
        expect([type, [400, 415].includes((await multipart(`${part(named)}--b--\r\n`, type)).status)]).toEqual([
          type,
          true,
        ]);
      }
      for (const body of ['a=%zz', 'a=%ff'])
        expect([body, (await post('shop', '/orders', form, body)).status]).toEqual([body, 400]);
      expect((await post('shop', '/orders', form, 'amount=1&amount=666')).status).toBe(403);
      expect(targets()).toEqual([]);
      expect((await multipart(`${part(named)}--b--\r\n`)).status).toBe(200);
      expect(under.origin.requests[0]!.body).toContain('name="a"');
      // One request that is too large, or never comes, is one request that fails.
      const large = await post('shop', '/orders', json, JSON.stringify({ a: 'x'.repeat(11_000_000) })).catch(
        () => undefined,
      );
      expect([undefined, 413]).toContain(large?.status);
      expect(await status('/http/shop/public')).toBe(200);
    },
    patienceMs,
  );

  test('HT-19: heads have a size, connections a number of fields, and whoever dawdles waits for nothing of others', async () => {
    under.origin.forget();
    expect(await status('/http/shop/public', `${line()}X-Long: ${'x'.repeat(70_000)}\r\n`)).toBe(431);
    expect(await status('/http/shop/public', line() + 'X-Many: 1\r\n'.repeat(150))).toBe(431);
    expect(await status(`/http/shop/public?${'x'.repeat(20_000)}`)).toBe(414);
    expect(targets()).toEqual([]);
    expect(await status('/http/shop/public')).toBe(200);
    const { said, tookMs } = await dawdled;
    // The head is late: the gateway says so, or just ends it.
    expect(said).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(tookMs).toBeLessThan(15_000);
  }, 40_000);
}
