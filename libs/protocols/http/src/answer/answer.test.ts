import type { HeaderField } from '@sallyport/http-wire';
import { type Asked, type Classified, obligations, shop, type Shown, shown, understood } from '../testing/inspected.js';

const json: readonly HeaderField[] = [['content-type', 'application/json']];
const email = [{ path: '$.email' }] as const;

async function answer(
  parts: readonly Classified[],
  head: Parameters<typeof shown>[1],
  body?: string,
  asked: Asked = {},
): Promise<Shown | undefined> {
  const request = await understood(shop({}, parts), asked);
  return shown(request.answer(obligations(request)), head, body);
}
const names = (answered: Shown | undefined): string[] => (answered?.head.headers ?? []).map(([name]) => name);

test('HT-14 a classified path is hidden in JSON, and what is not JSON though it says so is not shown', async () => {
  const found = await answer(email, { headers: json }, '{"email":"ann@example.com","id":1}');
  expect(JSON.parse(found!.body)).toEqual({ email: expect.not.stringContaining('ann'), id: 1 });
  for (const body of ['{"email":', '\ufeff{}', ")]}'\n{}", 'callback({})', '{"email":"a"} x']) {
    expect(await answer(email, { headers: json }, body)).toBeUndefined();
  }
});

test('a classified path is hidden in every document of a list, and of a GraphQL batch', async () => {
  const found = await answer(email, { headers: json }, '[{"email":"ann@example.com"},{"id":1}]');
  expect(found!.body).not.toContain('ann@');
  const target = shop({ graphql: { path: '/g', persisted: {} } }, [{ path: '$.data.customer.email' }]);
  const body = JSON.stringify([{ query: '{ customer { email } }' }]);
  const batch = await understood(target, { method: 'POST', path: '/g', headers: json, body });
  const masked = shown(
    batch.answer(obligations(batch)),
    { headers: json },
    '[{"data":{"customer":{"email":"ann@example.com"}}}]',
  );
  expect(masked!.body).not.toContain('ann@');
});

test('who may reveal everything gets the answer as it is', async () => {
  const request = await understood(shop({}, email), {});
  const headers: HeaderField[] = [...json, ['etag', '"1"'], ['content-encoding', 'exi']];
  expect(shown(request.answer([]), { headers }, '{"email":"ann@example.com"}')).toEqual({
    head: { status: 200, headers, bodyLength: 27 },
    body: '{"email":"ann@example.com"}',
    decode: [],
  });
});

test('HT-13 HT-17 nothing that describes the original goes with a masked answer, and nobody stores it', async () => {
  const describing = ['etag', 'last-modified', 'content-md5', 'digest', 'repr-digest', 'content-digest', 'signature'];
  const headers: HeaderField[] = [
    ...json,
    ...describing.map((name) => [name, 'x'] as const),
    ['cache-control', 'public, max-age=60'],
    ['accept-ranges', 'bytes'],
  ];
  const found = await answer(email, { headers }, '{}');
  expect(found!.head).toEqual({
    status: 200,
    headers: [...json, ['cache-control', 'no-store']],
    bodyLength: undefined,
  });
});

test('HT-13 a client cannot ask for slices of a masked answer or whether it has changed', async () => {
  const headers = ['range', 'if-range', 'if-none-match', 'if-modified-since'].map((name) => [name, 'x'] as const);
  expect((await understood(shop({}, email), { headers })).forward.headers).toEqual([]);
  expect((await understood(shop(), { headers })).forward.headers).toEqual(headers);
  expect(await answer(email, { status: 206, headers: json }, '{}')).toBeUndefined();
  expect(await answer(email, { headers: [['content-type', 'multipart/byteranges; boundary=x']] }, 'x')).toBeUndefined();
});

test('HT-13 a coding that is known is taken off, any other answer is not shown', async () => {
  const coded = (coding: string) => answer(email, { headers: [...json, ['content-encoding', coding]] }, '{}');
  for (const coding of ['gzip', 'br', 'zstd', 'deflate']) {
    const found = await coded(coding);
    expect(found!.decode).toEqual([coding]);
    expect(names(found)).not.toContain('content-encoding');
  }
  for (const coding of ['gzip, gzip', 'compress', 'gzip, br', 'exi']) expect(await coded(coding)).toBeUndefined();
});

test('HT-13 answers without a body pass, without telling the length of what they stand for', async () => {
  for (const [status, method] of [
    [200, 'HEAD'],
    [304, 'GET'],
    [204, 'DELETE'],
  ] as const) {
    const found = await answer(email, { status, headers: [['etag', 'x']], bodyLength: 27 }, '', { method });
    expect(found!.head).toEqual({ status, headers: [['cache-control', 'no-store']], bodyLength: undefined });
  }
});

test('HT-14 an answer whose type says nothing certain is not shown', async () => {
  const types = [
    'application/octet-stream',
    'application/pdf',
    'application/xml',
    'application/javascript',
    'image/png',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-7',
    'json',
  ];
  for (const type of types) expect(await answer(email, { headers: [['content-type', type]] }, '{}')).toBeUndefined();
  expect(await answer(email, {}, '{}')).toBeUndefined();
  expect(await answer(email, { headers: [...json, ...json] }, '{}')).toBeUndefined();
});

test('HT-14 text is masked where it is JSON after all, and not shown where it names a masked field', async () => {
  const text = (body: string, type = 'text/plain') => answer(email, { headers: [['content-type', type]] }, body);
  expect((await text(' {"email":"ann@example.com"}'))!.body).not.toContain('ann@');
  expect((await text('no such customer'))!.body).toBe('no such customer');
  for (const body of ['id,Email\n1,ann@example.com', '<td>EMAIL</td>', ')]}\'\n{"email":1}', 'cb({"email":1})']) {
    expect(await text(body, 'text/html')).toBeUndefined();
  }
  expect(await answer([{ path: '$[0]' }], { headers: [['content-type', 'text/plain']] }, 'x')).toBeUndefined();
});

test('HT-12 event streams, lines and forms are masked document by document', async () => {
  const as = async (type: string, body: string) =>
    (await answer(email, { headers: [['content-type', type]] }, body))!.body;
  expect(await as('text/event-stream', 'id: 1\ndata: {"email":"ann@example.com"}\n\n')).not.toContain('ann@');
  expect(await as('application/x-ndjson', '{"email":"ann@example.com"}\n{"id":2}\n')).not.toContain('ann@');
  expect(await as('application/x-www-form-urlencoded', 'email=ann%40example.com&id=2')).not.toContain('ann%40');
});

test('detectors look into every text, headers included', async () => {
  const headers: HeaderField[] = [...json, ['x-user', 'ann@example.com']];
  const found = await answer([{ detector: 'email' }], { headers }, '{"note":"write to ann@example.com"}');
  expect(JSON.stringify(found)).not.toContain('ann@');
});

test('HT-16 a masked field of GraphQL is hidden under its alias, and so are messages about it', async () => {
  const schema = 'type Customer { email: String id: ID } type Query { customer(email: String): Customer }';
  const target = shop({ graphql: { path: '/g', schema, persisted: {} } }, [{ schemaField: 'Customer.email' }]);
  const ask = (query: string) =>
    understood(target, { method: 'POST', path: '/g', headers: json, body: JSON.stringify({ query }) });
  const aliased = await ask('{ c: customer { id: email } }');
  const body = '{"data":{"c":{"id":"ann@example.com"}},"errors":[{"message":"ann@example.com is odd"}]}';
  expect(shown(aliased.answer(obligations(aliased)), { headers: json }, body)!.body).not.toContain('ann@');
  expect((await ask('{ customer { id } }')).action.lineage.fields).toEqual([]);
  const filtered = await ask('{ customer(email: "a") { id } }');
  expect(obligations(filtered)).toHaveLength(1);
  expect(filtered.answer(obligations(filtered))).toBeUndefined();
});

test('fields of an OpenAPI schema are hidden where the document has them, and everywhere in what it does not describe', async () => {
  const openapi = JSON.stringify({
    openapi: '3.0.3',
    paths: {
      '/me': {
        get: {
          responses: {
            200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Customer' } } } },
          },
        },
      },
    },
    components: { schemas: { Customer: { type: 'object', properties: { email: { type: 'string' } } } } },
  });
  const target = shop({ openapi }, [{ schemaField: 'Customer.email' }]);
  const get = async (path: string, status: number) => {
    const request = await understood(target, { path });
    return shown(
      request.answer(obligations(request)),
      { status, headers: json },
      '{"email":"a@b.c","x":{"email":"d@e.f"}}',
    )!;
  };
  expect((await get('/me', 200)).body).toMatch(/d@e\.f/);
  expect((await get('/me', 200)).body).not.toMatch(/a@b\.c/);
  expect((await get('/me', 500)).body).not.toMatch(/@/);
  expect((await get('/other', 200)).body).not.toMatch(/@/);
});

describe('what is hidden from the target', () => {
  const parts = [
    { path: '$.card', in: 'request' },
    { detector: 'email', in: 'both' },
  ] as const;
  const post = (body: string, type = 'application/json', path = '/') =>
    understood(shop({}, parts), { method: 'POST', path, headers: [['content-type', type]], body });

  test('is hidden from reviewers and policies too, and from the target unless it may be revealed', async () => {
    const request = await post('{"card":"4111","note":"ann@example.com"}', 'application/json', '/?q=ann@example.com');
    expect(JSON.stringify([request.action, String(request.forward.body)])).not.toMatch(/4111|ann@|ann%40/);
    expect(request.binding).toMatch(/^[0-9a-f]{64}$/);
    expect(request.answer(obligations(request))!.forward).toBeUndefined();
    const revealed = request.answer([])!.forward!;
    expect(String(revealed.body)).toBe('{"card":"4111","note":"ann@example.com"}');
    const [card] = obligations(request);
    const partly = request.answer([card!])!.forward!;
    expect(String(partly.body)).toContain('ann@example.com');
    expect(String(partly.body)).not.toContain('4111');
  });

  test('cannot be hidden in what is not understood', async () => {
    const request = await post('4111', 'application/octet-stream');
    expect(request.answer(obligations(request))).toBeUndefined();
    expect(request.answer([])).toBeDefined();
  });

  test('is hidden in forms and lines as well', async () => {
    expect(String((await post('card=4111&x=1', 'application/x-www-form-urlencoded')).forward.body)).not.toContain(
      '4111',
    );
    expect(String((await post('{"card":"4111"}\n{"x":1}\n', 'application/x-ndjson')).forward.body)).not.toContain(
      '4111',
    );
  });
});

test('HT-06 a websocket carries nothing that is to be masked', async () => {
  const headers: HeaderField[] = [
    ['sec-websocket-version', '13'],
    ['sec-websocket-key', Buffer.alloc(16).toString('base64')],
  ];
  const request = await understood(shop({}, email), { upgrade: 'websocket', headers });
  expect(request.answer(obligations(request))).toBeUndefined();
  expect(request.answer([])).toBeDefined();
});
