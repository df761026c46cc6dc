import { WebSocket } from 'ws';
import { persistedHash } from '../../servers/http-manifests.js';
import type { HttpStack } from '../../servers/http-stack.js';
import { proves } from '../../proves.js';

const json = { 'content-type': 'application/json' };

/** For one test, on a machine that has other things to do. */
const patienceMs = 30_000;

export function answers(under: HttpStack): void {
  const shaped = (shape: string) => under.seen('shop', `/shaped?shape=${shape}`);
  const graph = (body: unknown, account: 'ci' | 'reviewer' = 'ci'): Promise<Response> =>
    under.ask(account, 'graph', '/graphql', { method: 'POST', headers: json, body: JSON.stringify(body) });
  /** Answered or not: nothing that is classified comes out. */
  async function graphText(body: unknown): Promise<{ status: number; text: string }> {
    const answer = await graph(body);
    const text = await answer.text();
    under.expectNoCanary(text);
    return { status: answer.status, text };
  }

  proves('http', 'mask:direct', async () => {
    const { text } = await under.seen('shop', '/customers');
    const all = JSON.parse(text) as { id: number; name: string; email: string; ssn: string }[];
    expect(all.map(({ id, name, ssn }) => [id, name, ssn])).toEqual(
      all.map((_, index) => [index + 1, `customer ${index + 1}`, '[redacted]']),
    );
    expect(new Set(all.map(({ email }) => email)).size).toBe(10);
    // A pseudonym is stable, and the same by way of a schema.
    for (const resource of ['shop', 'described']) {
      const one = JSON.parse((await under.seen(resource, '/customers/1')).text) as unknown;
      expect(one).toEqual(all[0]);
    }
    const { data } = JSON.parse((await graphText({ query: '{ customer(id: 1) { id name email ssn } }' })).text) as {
      data: { customer: unknown };
    };
    expect(data.customer).toEqual(all[0]);
  });

  proves('http', 'mask:revealed', async () => {
    for (const resource of ['shop', 'described'] as const) {
      const one = await under.ask('reviewer', resource, '/customers/1');
      expect(await one.json()).toEqual(under.origin.state.customers[0]);
    }
  });

  proves('http', 'mask:derived', async () => {
    const hidden = [
      '{ customer(id: 1) { name: email } }',
      '{ a: customer(id: 1) { b: ssn } c: customers { d: friend { e: friend { f: email } } } }',
      '{ customer(id: 1) { ...f } } fragment f on Customer { mail: email ...g } fragment g on Customer { ssn }',
      'query q($on: Boolean = true) { customer(id: 1) { ... on Customer @include(if: $on) { x: ssn } } }',
      '{ customer(id: 1) { __typename email } }',
    ];
    for (const query of hidden) {
      const { status, text } = await graphText({ query });
      expect([query, status]).toEqual([query, 200]);
      expect(text).toMatch(/masked\.invalid|\[redacted\]/);
    }
    const batch = await graphText(hidden.map((query) => ({ query })));
    expect(batch.status).toBe(200);
  });

  proves('http', 'mask:used:denied', async () => {
    under.origin.forget();
    const { email } = under.origin.state.customers[0]!;
    for (const body of [
      { query: `{ customers(email: "${email}") { id } }` },
      { query: 'query q($e: String) { customers(email: $e) { id } }', variables: { e: email } },
    ]) {
      const answer = await graph(body);
      expect([JSON.stringify(body), answer.status]).toEqual([JSON.stringify(body), 403]);
    }
    expect(under.origin.requests).toEqual([]);
  });

  proves('http', 'mask:errors', async () => {
    const { text } = await graphText({ query: '{ customer(id: 1) { email } missing }' });
    under.expectNoCanary(text);
    expect((await under.seen('shop', '/customers/99')).status).toBe(404);
  });

  test(
    'HT-08: no redirect is followed, and what the gateway shows to a service comes back from none',
    async () => {
      under.origin.forget();
      const own = `http://127.0.0.1:${under.origin.port}`;
      for (const [to, location] of [
        [`${own}/v1/public`, '/http/shop/public'],
        ['/v1/public', '/http/shop/public'],
        ['/elsewhere', '/elsewhere'],
        ['//evil.example/v1', '//evil.example/v1'],
        ['https://evil.example/', 'https://evil.example/'],
        [`${own}.evil.example/v1/x`, `${own}.evil.example/v1/x`],
      ] as const) {
        const answer = await under.ask('ci', 'shop', `/moved?to=${encodeURIComponent(to)}`);
        expect([to, answer.status, answer.headers.get('location')]).toEqual([to, 302, location]);
      }
      expect(under.origin.requests).toHaveLength(6);
      for (const resource of ['shop', 'open']) {
        const { text } = await under.seen(resource, '/echo');
        expect(text).toContain('authorization');
        expect(text).not.toContain(under.keys.ci);
        const { text: said } = await under.seen(resource, '/echo', { method: 'POST', headers: json, body: '{"a":1}' });
        expect(said).toContain('Bearer ***');
      }
      const location = encodeURIComponent(`https://evil.example/?token=${under.credential}`);
      const answer = await under.ask('ci', 'open', `/moved?to=${location}`);
      under.expectNoCanary(answer.headers.get('location')!);
      expect((await under.ask('ci', 'shop', '/customers/1')).headers.get('set-cookie')).toBeNull();
      expect((await under.curl('ci', ['-X', 'TRACE', under.url('open', '/echo')]).done()).status).toBe(405);
    },
    patienceMs,
  );

  test(
    'HT-10: pages of one service do nothing in the name of the gateway or of another',
    async () => {
      const page = await under.ask('ci', 'open', '/page');
      expect([page.status, page.headers.get('content-security-policy')]).toEqual([200, 'sandbox']);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('set-cookie')).toBeNull();
      expect(page.headers.get('service-worker-allowed')).toBeNull();
      under.origin.forget();
      await under.ask('ci', 'open', '/echo', { headers: { cookie: `session=${under.keys.ci}` } });
      expect(under.origin.requests[0]!.headers['cookie']).toBeUndefined();
      // The gateway's listener has no interface of its own that a page could use.
      for (const path of ['/v1/whoami', '/healthz', '/readyz', '/metrics', '/debug', '/']) {
        const answer = await fetch(`https://127.0.0.1:${under.installation.httpsPort}${path}`, {
          headers: { authorization: `Bearer ${under.keys.ci}` },
        });
        expect([path, answer.status]).toEqual([path, 404]);
      }
    },
    patienceMs,
  );

  test(
    'HT-12: events are masked as they come, wherever they are cut',
    async () => {
      const { text } = await under.seen('shop', '/events?n=12');
      const events = text.split('\n\n').filter((each) => each !== '');
      expect(events).toHaveLength(12);
      for (const [index, event] of events.entries()) {
        const [id, data] = event.split('\n');
        expect(id).toBe(`id: ${index}`);
        expect(JSON.parse(data!.slice('data: '.length))).toMatchObject({ id: (index % 10) + 1, ssn: '[redacted]' });
      }
      // The first is there long before the last: nothing waits for the end.
      const leaving = new AbortController();
      const endless = await under.ask('ci', 'shop', '/events', { signal: leaving.signal });
      const reader = endless.body!.getReader();
      const { value } = await reader.read();
      under.expectNoCanary(value!);
      expect(Buffer.from(value!).toString()).toContain('id: 0');
      leaving.abort();
      under.origin.forget();
      await under.ask('ci', 'shop', '/events?n=1', { headers: { 'last-event-id': '7' } });
      expect(under.origin.requests[0]!.headers['last-event-id']).toBe('7');
    },
    patienceMs,
  );

  test(
    'HT-13: an answer is masked whatever it was coded in, or it is not shown',
    async () => {
      const plain = (await under.seen('shop', '/customers')).text;
      for (const kind of ['gzip', 'br', 'deflate', 'zstd']) {
        expect([kind, await under.seen('shop', `/coded/${kind}`)]).toEqual([kind, { status: 200, text: plain }]);
      }
      for (const kind of ['twice', 'unknown', 'mislabelled']) {
        expect([kind, (await under.seen('shop', `/coded/${kind}`)).status]).toEqual([kind, 502]);
      }
      // Found out on the way, so that it breaks off, or there was nothing to show yet.
      for (const kind of ['truncated', 'bomb']) {
        const { status, text } = await under.seen('shop', `/coded/${kind}`);
        expect([kind, status === 502 || text === '[broken off]']).toEqual([kind, true]);
      }
      for (const flag of ['--http1.1', '--http2']) {
        const { code, status } = await under.curl('ci', [flag, under.url('shop', '/coded/truncated')]).done();
        expect([flag, status === 502 || code !== 0]).toEqual([flag, true]);
      }
      // Slices, and whether something has changed, tell of what is masked.
      under.origin.forget();
      const slices = {
        range: 'bytes=0-40',
        'if-range': '"c1"',
        'if-none-match': '"c1"',
        'if-modified-since': new Date().toUTCString(),
      };
      const answer = await under.ask('ci', 'shop', '/customers', { headers: { ...slices, 'accept-encoding': 'gzip' } });
      expect([answer.status, await answer.text()]).toEqual([200, plain]);
      for (const name of Object.keys(slices)) expect(under.origin.requests[0]!.headers[name]).toBeUndefined();
      expect(under.origin.requests[0]!.headers['accept-encoding']).toBe('identity');
      for (const name of ['etag', 'last-modified', 'content-encoding']) expect(answer.headers.get(name)).toBeNull();
      const head = await under.ask('ci', 'shop', '/customers', { method: 'HEAD' });
      expect([head.headers.get('content-length'), head.headers.get('etag')]).toEqual([null, null]);
    },
    patienceMs,
  );

  test(
    'HT-14: a document that has two readings is not shown',
    async () => {
      const masked = ['lines', 'plain', 'case', 'escaped', 'form', 'proto', 'duplicate', 'bom', 'prefixed', 'deep'];
      const refused = [
        'utf16',
        'sniffed16',
        'comment',
        'single',
        'jsonp',
        'none',
        'page',
        'csv',
        'binary',
        'trailing',
        'truncated',
      ];
      for (const shape of [...masked, ...refused]) {
        const { status, text } = await shaped(shape);
        expect([shape, [200, 502].includes(status)]).toEqual([shape, true]);
        if (refused.includes(shape)) expect([shape, status === 502 || text === '[broken off]']).toEqual([shape, true]);
      }
      for (const shape of ['lines', 'plain', 'escaped']) {
        expect([shape, (await shaped(shape)).text]).toEqual([shape, expect.stringContaining('[redacted]')]);
      }
    },
    patienceMs,
  );

  test(
    'HT-16: GraphQL is judged by what it asks for, however it is written',
    async () => {
      under.origin.forget();
      const refused: [unknown, number][] = [
        [{ query: '{ secret }' }, 403],
        [{ query: '{ harmless: secret }' }, 403],
        [{ query: 'query a { customer(id: 1) { id } } query b { secret }', operationName: 'b' }, 403],
        [[{ query: '{ customer(id: 1) { id } }' }, { query: '{ secret }' }], 403],
        [{ query: '{ ...f } fragment f on Query { secret }' }, 403],
        [{ query: 'mutation { remove(id: 3) }' }, 202],
        [[{ query: '{ customer(id: 1) { id } }' }, { query: 'mutation { remove(id: 3) }' }], 202],
        [{ query: 'subscription { changes { id } }' }, 400],
        [{ query: 'query a { secret } query b { secret }' }, 400],
        [{ query: '{ customer(id: 1) { id }' }, 400],
        [{ extensions: { persistedQuery: { version: 1, sha256Hash: 'b'.repeat(64) } } }, 400],
        [{ documentId: 'unknown' }, 400],
        [[], 400],
        [Array.from({ length: 60 }, () => ({ query: '{ customer(id: 1) { id } }' })), 400],
        [{ query: `{ customer(id: 1) ${'{ friend '.repeat(300)}{ id }${' }'.repeat(300)} }` }, 400],
        [{ query: '{ a }', also: 1 }, 400],
      ];
      for (const [body, status] of refused) {
        const answer = await under.ask('ci', 'graph', '/graphql', {
          method: 'POST',
          headers: { ...json, prefer: 'wait=0' },
          body: JSON.stringify(body),
        });
        const said = JSON.stringify(body).slice(0, 120);
        expect([said, answer.status]).toEqual([said, status]);
      }
      const otherwise: [string, RequestInit][] = [
        [`/graphql?query=${encodeURIComponent('mutation { remove(id: 3) }')}`, {}],
        [`/graphql?query=${encodeURIComponent('{ secret }')}`, {}],
        ['/graphql/', { method: 'POST', headers: json, body: '{"query":"{ secret }"}' }],
        ['/GraphQL', { method: 'POST', headers: json, body: '{"query":"{ secret }"}' }],
        ['/graphql', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"query":"{ secret }"}' }],
        ['/graphql', { method: 'POST', headers: { 'content-type': 'application/graphql' }, body: '{ secret }' }],
        [
          '/graphql?query=%7Bsecret%7D',
          { method: 'POST', headers: json, body: '{"query":"{ customer(id: 1) { id } }"}' },
        ],
      ];
      for (const [path, init] of otherwise) {
        const answer = await under.ask('ci', 'graph', path, init);
        expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
      }
      expect(under.origin.requests).toEqual([]);
      expect(under.origin.state.orders.has('3')).toBe(true);
      // The hash alone goes on, and what it stands for is what is judged and masked.
      const { status } = await graphText({ extensions: { persistedQuery: { version: 1, sha256Hash: persistedHash } } });
      expect([status, under.origin.requests.length]).toEqual([200, 1]);
    },
    patienceMs,
  );

  test(
    'HT-17: nothing that was masked is stored on the way',
    async () => {
      for (const path of ['/me/x.css', '/me/profile', '/customers']) {
        const answer = await under.ask('ci', 'shop', path);
        expect([path, answer.headers.get('cache-control')]).toEqual([path, 'no-store']);
        for (const name of ['expires', 'last-modified', 'etag', 'age']) expect(answer.headers.get(name)).toBeNull();
        // Whoever may see more asks next, and gets their own.
        const more = await under.ask('reviewer', 'shop', path);
        expect(await more.text()).toContain(under.origin.state.customers[0]!.ssn);
        under.expectNoCanary(await (await under.ask('ci', 'shop', path)).text());
      }
    },
    patienceMs,
  );

  test(
    'websockets pass where nothing is masked, and nowhere else',
    async () => {
      const open = (resource: string): Promise<WebSocket | number> =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(under.url(resource, '/socket', 'wss'), {
            ca: under.installation.ca,
            headers: { authorization: `Bearer ${under.keys.ci}` },
          });
          socket.once('open', () => resolve(socket)).once('error', reject);
          socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode!));
        });
      const socket = (await open('open')) as WebSocket;
      const echoed = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
      socket.send('hello');
      expect([await echoed, under.origin.messages]).toEqual(['echo hello', ['hello']]);
      socket.close();
      expect(await open('shop')).toBe(403);
    },
    patienceMs,
  );
}
