import { obligations, refusal, requestOf, shop, understood } from '../testing/inspected.js';

interface HttpContext {
  readonly [name: string]: unknown;
}
async function contextOf(...asked: Parameters<typeof understood>): Promise<HttpContext> {
  return (await understood(...asked)).action.context.http as HttpContext;
}

test('a request is told to policy in the attributes of its schema, all of them', async () => {
  const target = shop({ routes: ['GET /orders/{id}'] });
  expect(await contextOf(target, { path: '/orders/17?b=2&a=%20x&b=1', headers: [['accept', 'text/plain']] })).toEqual({
    method: 'GET',
    path: '/orders/17',
    route: '/orders/{id}',
    host: 'shop.internal',
    query: { names: ['a', 'b'], values: ['a= x', 'b=1', 'b=2'] },
    headers: ['accept=text/plain'],
    upgrade: '',
    contentType: '',
    bodyKnown: true,
    body: [],
    bodyPaths: [],
    graphql: { kind: '', operation: '', fields: [] },
  });
});

test('the reviewer reads what is forwarded: method, path, headers that matter and the body', async () => {
  const { action, forward } = await understood(shop(), {
    method: 'POST',
    path: '/orders?dry=no',
    headers: [
      ['user-agent', 'curl'],
      ['idempotency-key', '7'],
      ['content-type', 'application/json;charset=utf-8'],
    ],
    body: '{ "sku" : 1.0 }',
  });
  expect(action.text).toBe('POST /orders?dry=no\nidempotency-key: 7\n\n{"sku":1.0}');
  expect(action.context.http).toMatchObject({ contentType: 'application/json', body: ['$.sku=1'] });
  expect(String(forward.body)).toBe('{"sku":1.0}');
  expect(forward.path).toBe('/orders?dry=no');
});

test('two requests have one fingerprint exactly when policy is told the same', async () => {
  const target = shop();
  const fingerprint = async (path: string): Promise<string> => (await understood(target, { path })).action.fingerprint;
  expect(await fingerprint('/a?x=1&y=2')).toBe(await fingerprint('/a?y=2&x=1'));
  expect(await fingerprint('/a?x=1')).not.toBe(await fingerprint('/a?x=2'));
});

test('HT-03 a query reaches no route and no path', async () => {
  const context = await contextOf(shop({ routes: ['/public/{id}'] }), { path: '/admin?x=/public/1' });
  expect([context.route, context.path]).toEqual(['', '/admin']);
});

test('HT-15 a query is forwarded in one spelling, and one that is not UTF-8 is refused', async () => {
  expect((await understood(shop(), { path: '/a?x=1;y=2&&z&q=a+b' })).forward.path).toBe('/a?x=1%3By%3D2&z&q=a%20b');
  for (const path of ['/a?x=%zz', '/a?x=%c0%af', '/a?%']) expect(await refusal(shop(), { path })).toBe(400);
});

test('HT-06 HT-07 only headers from the list go on, and policy sees those and no others', async () => {
  const target = shop({
    allowHeaders: ['X-Tenant', 'X_Forwarded_User', 'X-HTTP-Method-Override', 'X-Forwarded-For', 'Cookie'],
  });
  const headers = [
    ['x-tenant', 'acme'],
    ['x_forwarded_user', 'root'],
    ['x-forwarded-for', '127.0.0.1'],
    ['x-http-method-override', 'DELETE'],
    ['x-original-url', '/admin'],
    ['authorization', 'Bearer token'],
    ['sallyport-token', 'token'],
    ['proxy-authorization', 'x'],
    ['cookie', 'session=secret'],
  ] as const;
  const { action, forward } = await understood(shop({ allowHeaders: ['x-tenant'] }), { headers });
  expect(forward.headers.map(([name]) => name)).toEqual(['x-tenant', 'authorization']);
  expect(JSON.stringify(action)).not.toContain('Bearer token');
  const more = await understood(target, { headers: headers.filter(([name]) => name !== 'sallyport-token') });
  expect(more.forward.headers.map(([name]) => name)).toEqual(['x-tenant', 'cookie']);
  expect(more.action.text).toBe('GET /\ncookie: [not shown]\nx-tenant: acme');
  expect(more.binding).toMatch(/^[0-9a-f]{64}$/);
});

test('HT-08 the client speaks for itself to the target only where the resource has no credential of its own', async () => {
  const headers = [
    ['authorization', 'Bearer own'],
    ['sallyport-token', 'token'],
  ] as const;
  const names = async (credential: object): Promise<string[]> =>
    (await understood(shop({}, [], credential), { headers })).forward.headers.map(([name]) => name);
  expect(await names({})).toEqual(['authorization']);
  expect(await names({ bearer: 'x' })).toEqual([]);
});

test('HT-08 methods that echo, tunnel or are spelled otherwise are refused', async () => {
  for (const method of ['TRACE', 'CONNECT', 'get', 'Delete', 'A_B']) {
    expect(await refusal(shop(), { method })).toBe(405);
  }
  expect(await refusal(shop(), { upgrade: 'h2c' })).toBe(400);
  expect(await refusal(shop(), { method: 'POST', upgrade: 'websocket' })).toBe(400);
});

test('HT-13 HT-15 a body too large or of an unknown coding is refused before it is read', async () => {
  const target = shop({ maxBodyBytes: 10 });
  expect(await refusal(target, { method: 'POST', body: 'x'.repeat(11) })).toBe(413);
  expect(await refusal(target, { method: 'POST', body: 'x', headers: [['content-encoding', 'lzma']] })).toBe(415);
});

test('no more requests a minute are made than the resource allows to each', async () => {
  const target = shop({ requestsPerMinute: 2 });
  expect([await refusal(target, {}), await refusal(target, {}), await refusal(target, {})]).toEqual([0, 0, 429]);
  const bob = { ...requestOf({}), principal: { type: 'User', id: 'bob', groups: [], roles: [] } } as const;
  expect((await target.inspect(bob)).kind).toBe('understood');
});

test('settings that cannot be understood serve nothing', () => {
  expect(() => shop({ routes: ['orders'] })).toThrow();
  expect(() => shop({ openapi: 'x' })).toThrow();
  expect(() => shop({ graphql: { path: '/g', schema: 'type {', persisted: {} } })).toThrow();
  expect(() => shop({}, [{ path: 'email' }])).toThrow();
  expect(() => shop({}, [{ schemaField: 'email' }])).toThrow();
  expect(() => shop({}, [{ detector: 'horoscope' }])).toThrow();
});

test('an obligation that is not of this request denies', async () => {
  const request = await understood(shop({}, [{ path: '$.email' }]), {});
  const [own] = obligations(request);
  expect(request.answer([own!])).toBeDefined();
  expect(request.answer([{ ...own!, field: { ...own!.field, path: '$.other' } }])).toBeUndefined();
  const column = { kind: 'Column', resource: 'shop', schema: 'a', table: 'b', column: 'c' } as const;
  expect(request.answer([{ kind: 'mask', column, method: 'redact' }])).toBeUndefined();
});

test('HT-16 the GraphQL endpoint is judged by operation, and its body is what was understood', async () => {
  const target = shop({ graphql: { path: '/graphql', persisted: {} } });
  const body = JSON.stringify({ query: 'mutation M { remove(id: 1) } query Q { a }', operationName: 'M' });
  const request = { method: 'POST', path: '/graphql', headers: [['content-type', 'application/json']], body } as const;
  expect((await contextOf(target, request)).graphql).toEqual({
    kind: 'mutation',
    operation: 'M',
    fields: ['Mutation.remove'],
  });
  expect(String((await understood(target, request)).forward.body)).toBe(
    '{"query":"mutation M {\\n  remove(id: 1)\\n}","operationName":"M"}',
  );
  expect(await refusal(target, { path: '/graphql', upgrade: 'websocket' })).toBe(400);
  expect(await refusal(target, { ...request, path: '/Graphql' })).toBe(400);
});

test('nobody approves a body that is not known yet: it is read, bound by its digest and then sent as it was read', async () => {
  const upload = (body: string) =>
    understood(shop(), { method: 'POST', headers: [['content-type', 'application/pdf']], body });
  const request = await upload('a'.repeat(100_000));
  expect(request.forward.body).toBe('stream');
  const told = await request.enrich!();
  expect(told.action.text).toMatch(/\[body application\/pdf, 100000 bytes, SHA-256 [0-9a-f]{64}\]$/);
  expect(request.answer([])!.forward!.body).toEqual(Buffer.from('a'.repeat(100_000)));
  const other = await (await upload('b'.repeat(100_000))).enrich!();
  expect(other.action.text).not.toBe(told.action.text);
});

test('the same request sent again is the same, whatever its attempt is called', async () => {
  const send = (id: string) =>
    understood(shop(), {
      headers: [
        ['traceparent', id],
        ['x-request-id', id],
      ],
    });
  const [first, second] = [await send('1'), await send('2')];
  expect([first.action.text, first.action.fingerprint]).toEqual([second.action.text, second.action.fingerprint]);
});
