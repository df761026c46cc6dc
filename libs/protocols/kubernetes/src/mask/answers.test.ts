import fc from 'fast-check';
import type { ClassifiedPart } from '@sallyport/enforcement';
import { chunksOf, opened, shown, through } from '../testing/masked-answer.js';

const canary = 'canary-4711';
const hidden = Buffer.from(canary).toString('base64');
const redacted = Buffer.from('[redacted]').toString('base64');
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secrets = '/api/v1/namespaces/web/secrets';
const pods = '/api/v1/namespaces/web/pods';

const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', stringData: { p: canary }, data: { q: hidden } });
const metadata = { name: 's', namespace: 'web', annotations: { [lastApplied]: manifest, note: 'kept' } };
const secret = {
  kind: 'Secret',
  apiVersion: 'v1',
  metadata,
  type: 'Opaque',
  data: { password: hidden, ['__proto__']: hidden },
};
const { kind: _kind, apiVersion: _version, ...bare } = secret;
const list = (kind: string, items: unknown[]) => ({
  kind,
  apiVersion: 'v1',
  metadata: { resourceVersion: '9' },
  items,
});
const podWith = (name: string, value: string) => ({
  metadata: { name: 'p' },
  spec: { containers: [{ env: [{ name, value }] }] },
});
const table = {
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  columnDefinitions: [
    { name: 'Name', type: 'string' },
    { name: 'Data', type: 'string' },
  ],
  rows: [{ cells: ['s', 1], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } }],
};

function classified(path: string, more: Partial<ClassifiedPart> = {}) {
  const part: ClassifiedPart = {
    field: { kind: 'Field', resource: 'prod', path },
    tags: [],
    mask: 'redact',
    by: path.startsWith('detector:') ? { detector: path.slice('detector:'.length) } : { schemaField: path },
    in: 'response',
    ...more,
  };
  return { binding: { fields: [part] } };
}
function expectHidden(text: string): void {
  expect(text).not.toMatch(/canary|Y2FuYXJ5/);
}

test.each([
  ['an object', `${secrets}/s`, secret],
  ['a list', secrets, list('SecretList', [bare, bare])],
  ['a list of things that say what they are', '/api/v1/namespaces/web/configmaps', list('List', [secret])],
  ['a list of another resource', pods, list('PodList', [secret])],
  ['a table', secrets, table],
  [
    'a table with whole objects',
    `${secrets}?includeObject=Object`,
    { ...table, rows: [{ cells: [], object: secret }] },
  ],
  ['metadata only', `${secrets}/s`, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }],
  ['metadata of many', secrets, list('PartialObjectMetadataList', [{ kind: 'PartialObjectMetadata', metadata }])],
  [
    'a manifest in another object',
    '/apis/x.io/v1/namespaces/web/things/t',
    { kind: 'Thing', spec: { manifest: secret } },
  ],
  [
    'a manifest in an annotation',
    `${pods}/p`,
    { kind: 'Pod', metadata: { annotations: { other: JSON.stringify(secret) } } },
  ],
  ['an object that says that it is another', `${secrets}/s`, { ...secret, kind: 'ConfigMap' }],
  ['an object that does not say what it is', `${secrets}/s`, bare],
])('K8-09 data of a secret are hidden in %s', async (_, path, body) => {
  for (const chunkBytes of [1, 7, 1 << 16]) {
    const text = await shown(path, body, { chunkBytes });
    expectHidden(text);
    const value: unknown = JSON.parse(text);
    expect(JSON.stringify(value)).toBe(text);
  }
});
test('K8-09 what hides a value in a map of bytes is base64, and everything else stays', async () => {
  const masked = JSON.parse(await shown(`${secrets}/s`, secret)) as typeof secret;
  expect(masked.data).toEqual({ password: redacted, ['__proto__']: redacted });
  expect(masked.metadata.annotations['note']).toBe('kept');
  expect(JSON.parse(masked.metadata.annotations[lastApplied]!)).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    stringData: { p: '[redacted]' },
    data: { q: redacted },
  });
});
test('K8-09 an annotation that cannot be read is hidden whole', async () => {
  const broken = { ...secret, metadata: { annotations: { [lastApplied]: `{"stringData":{"p":"${canary}"` } } };
  expectHidden(await shown(`${secrets}/s`, broken));
});
test('K8-09 whoever may see the data gets the bytes that the cluster sent', async () => {
  const text = JSON.stringify(list('SecretList', [bare]), null, 2);
  expect(await shown(secrets, text, { revealed: ['Secret.data'] })).toBe(text);
});
test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('K8-09 the answer to a %s hides the data', async (method) => {
  const request = {
    method,
    body: JSON.stringify({ data: { password: hidden } }),
    contentType: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  };
  const path = method === 'POST' ? secrets : `${secrets}/s`;
  expectHidden(await shown(path, secret, method === 'DELETE' ? { request: { method } } : { request }));
});
test('K8-09 K8-11 an issued token is hidden', async () => {
  const request = { method: 'POST', contentType: 'application/json', body: '{"spec":{}}' };
  const body = { kind: 'TokenRequest', status: { token: canary, expirationTimestamp: 'x' } };
  expectHidden(await shown('/api/v1/namespaces/web/serviceaccounts/sa/token', body, { request }));
});
test('K8-09 errors do not repeat values', async () => {
  const request = {
    method: 'PUT',
    contentType: 'application/json',
    body: JSON.stringify({ stringData: { p: canary } }),
  };
  const body = {
    kind: 'Status',
    status: 'Failure',
    message: `Secret "s" is invalid: data[p]: Invalid value: "${hidden}": must be`,
    details: { causes: [{ message: `Invalid value: "stored-secret"` }, { message: `the text ${canary} is bad` }] },
  };
  const text = await shown(`${secrets}/s`, body, { request, answer: { status: 422 } });
  expectHidden(text);
  expect(text).not.toContain('stored-secret');
  expect(text).toContain('Secret \\"s\\" is invalid');
});

test('K8-09 environment variables named like secrets are hidden, in copies too', async () => {
  const copy = { metadata: { annotations: { [lastApplied]: JSON.stringify(podWith('DB_PASSWORD', canary)) } } };
  const revision = { kind: 'ControllerRevision', data: { spec: { template: podWith('API_TOKEN', canary) } } };
  for (const item of [podWith('DB_PASSWORD', canary), copy, revision]) {
    expectHidden(await shown(pods, list('PodList', [item])));
  }
  expect(await shown(pods, list('PodList', [podWith('LOG_LEVEL', 'debug')]))).toContain('debug');
  expect(
    await shown(pods, list('PodList', [podWith('LOG_LEVEL', canary)]), { request: classified('Pod.env') }),
  ).not.toContain(canary);
});
test('K8-09 parts that the resource classifies are hidden, and columns that might show them', async () => {
  const request = classified('Widget.spec.users.password');
  const widgets = '/apis/x.io/v1/namespaces/web/widgets';
  const widget = { kind: 'Widget', spec: { users: [{ name: 'a', password: canary }] } };
  expectHidden(await shown(widgets, list('WidgetList', [widget]), { request }));
  const rows = [{ cells: ['w', canary], object: { kind: 'PartialObjectMetadata', metadata: {} } }];
  const printed = { ...table, rows, columnDefinitions: [{ name: 'Name' }, { name: 'Password' }] };
  const text = await shown(widgets, printed, { request });
  expectHidden(text);
  expect(text).toContain('"cells":["w","[redacted]"]');
});
test('K8-09 config maps are shown unless they are classified', async () => {
  const body = { kind: 'ConfigMap', data: { a: canary }, binaryData: { b: hidden } };
  const path = '/api/v1/namespaces/web/configmaps/c';
  expect(await shown(path, body)).toContain(canary);
  expectHidden(await shown(path, body, { request: classified('ConfigMap.data') }));
});
test('K8-09 detectors look through events and logs', async () => {
  const request = classified('detector:email');
  const event = { kind: 'Event', message: 'mail to dana@example.com failed', metadata: { name: 'e' } };
  expect(await shown('/api/v1/namespaces/web/events', list('EventList', [event]), { request })).not.toContain('dana@');
  const answer = { contentType: 'text/plain' };
  expect(await shown(`${pods}/p/log`, 'from dana@example.com\n', { request, answer })).toBe('from [redacted]\n');
  expect(await shown(`${pods}/p/log`, 'from dana@example.com\n', { answer })).toBe('from dana@example.com\n');
});

test('K8-08 K8-09 a watch gives out each event whole and masked, the deleted ones too', async () => {
  const events = ['ADDED', 'MODIFIED', 'DELETED'].map((type) => JSON.stringify({ type, object: secret }, null, 1));
  const bookmark = '{"type":"BOOKMARK","object":{"kind":"Secret","metadata":{"resourceVersion":"1"}}}';
  const first = JSON.stringify({ type: 'ADDED', object: table });
  const body = [...events, bookmark, first].join('\n');
  for (const chunkBytes of [1, 13, 1 << 16]) {
    const text = await shown(`${secrets}?watch=true`, body, { chunkBytes });
    expectHidden(text);
    expect(
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ADDED']);
  }
});
test.each(['{"type":"ADDED","object":{"kind":"Secret"', '[1]', '{"type":"ADDED","object":5}', '{"object":{}}', 'x'])(
  'K8-08 a watch that holds %s breaks off',
  async (body) => {
    await expect(shown(`${secrets}?watch=1`, body)).rejects.toThrow(expect.objectContaining({ name: 'MaskError' }));
  },
);
test.each([
  '{"kind":"SecretList","items":[{}{}]}',
  '{"kind":"SecretList","items":[{},]}',
  '{"kind":"SecretList","items":[,{}]}',
  '{"kind":"SecretList","items":[5]}',
  '{"kind":"SecretList","items":[{}]',
  '{"kind":"SecretList","items":[{}]}}',
  '{"kind":"PodList","items":[{"data":{"a":"Y2FuYXJ5"}}],"kind":"SecretList"}',
  '{"kind":"PodList","items":[],"items":[{"data":{"a":"Y2FuYXJ5"}}]}',
  '[]',
  '{"kind":"Secret","data":{"a":"Y2FuYXJ5"}',
  '{"kind":"Secret","data":{"a":"\xff"}}',
])('K8-08 the answer %s breaks off', async (body) => {
  const bytes = Buffer.from(body, 'latin1');
  const result = await opened(pods);
  if (result.kind !== 'pass') throw new Error('refused');
  expect(() => through(result.mask!, [bytes])).toThrow(expect.objectContaining({ name: 'MaskError' }));
});
test('K8-08 a kind spelled with escapes is still found', async () => {
  const body = `{"kind":"PodList","items":[{"\\u006bind":"\\u0053ecret","data":{"a":"${hidden}"}}]}`;
  expectHidden(await shown(pods, body));
});

test.each([
  ['application/vnd.kubernetes.protobuf', 200, 502],
  ['application/yaml', 200, 502],
  ['text/plain', 200, 502],
  ['text/plain', 404, 404],
  ['application/json', 307, 502],
])('K8-08 an answer of type %s and status %i is refused', async (contentType, status, refusedAs) => {
  expect(await opened(secrets, {}, { contentType, status })).toMatchObject({ kind: 'refuse', status: refusedAs });
});
test('K8-08 gzip is taken off, other codings are refused, and masked answers are not kept', async () => {
  const coded = (coding: string) =>
    opened(
      secrets,
      {},
      {
        headers: [
          ['content-encoding', coding],
          ['etag', '"x"'],
        ],
      },
    );
  expect(await coded('gzip')).toMatchObject({ kind: 'pass', decode: ['gzip'] });
  expect(await coded('zstd')).toMatchObject({ kind: 'refuse', status: 502 });
  expect(await coded('gzip, gzip')).toMatchObject({ kind: 'refuse', status: 502 });
  const result = await coded('identity');
  expect(result.kind === 'pass' && result.head.headers).toEqual([
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
  ]);
});
test('K8-13 what a proxied server sets for its own origin does not reach ours', async () => {
  const result = await opened('/api/v1/namespaces/web/services/s/proxy/x', {}, { headers: [['set-cookie', 'a=b']] });
  expect(result.kind === 'pass' && result.head.headers.map(([name]) => name)).toEqual(['content-type']);
});

test('K8-09 how an answer is cut into chunks changes nothing, and no value ever shows', async () => {
  const item = fc.oneof(
    fc.constant(secret),
    fc.constant(podWith('DB_PASSWORD', canary)),
    fc.record({ metadata: fc.record({ name: fc.string() }), spec: fc.jsonValue({ maxDepth: 3 }) }),
    fc.record({ text: fc.string({ unit: 'binary' }), number: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
  );
  const lists = fc.record({
    items: fc.array(item, { maxLength: 6 }),
    indent: fc.constantFrom(0, 1),
    size: fc.integer({ min: 1, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(lists, async ({ items, indent, size }) => {
      const body = Buffer.from(JSON.stringify(list('PodList', items), null, indent));
      const run = async (chunkBytes: number) => {
        const result = await opened(pods);
        if (result.kind !== 'pass') throw new Error('refused');
        return through(result.mask!, chunksOf(body, chunkBytes)).toString();
      };
      const whole = await run(1 << 20);
      expectHidden(whole);
      expect(await run(size)).toBe(whole);
      const visible = items.filter(
        (_, at) => items[at] !== secret && !('spec' in items[at]! && 'containers' in Object(items[at].spec)),
      );
      expect((JSON.parse(whole) as { items: unknown[] }).items).toEqual(
        expect.arrayContaining(JSON.parse(JSON.stringify(visible)) as unknown[]),
      );
    }),
    { numRuns: 150 },
  );
});

test('K8-09: an error that shows a pod before and after a change ends where it begins to', async () => {
  const message = `Pod "p" is invalid: spec: Forbidden: pod updates may not change fields\n  core.PodSpec{Env: "${canary}"}`;
  const causes = [{ reason: 'FieldValueForbidden', message, field: 'spec' }];
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, details: { causes }, code: 422 };
  const answer = await shown('/api/v1/namespaces/web/pods/p', status, { answer: { status: 422 } });
  expect(answer).toContain('pod updates may not change fields');
  expect(answer).not.toContain(canary);
});

test('K8-09 a list inside an object says what its items are', async () => {
  const inner = { kind: 'SecretList', items: [{ data: { a: Buffer.from('canary').toString('base64') } }] };
  const pods = '/api/v1/namespaces/web/pods';
  expect(await shown(`${pods}/p`, { kind: 'Pod', inner })).not.toContain('Y2FuYXJ5');
  expect(await shown(pods, { kind: 'PodList', items: [{ inner }] })).not.toContain('Y2FuYXJ5');
});
