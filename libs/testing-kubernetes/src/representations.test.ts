import { request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { Kubernetes } from './index.js';
import { startKubernetes } from './index.js';

let server: Kubernetes;
beforeAll(async () => {
  server = await startKubernetes({ pods: 200 });
});
afterAll(() => server.stop());

interface RawAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}
/** Over HTTP/1.1. */
function send(method: string, path: string, headers: Record<string, string>, body = ''): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, ca: server.ca, headers: { authorization: `Bearer ${server.tokens.admin}`, ...headers } };
    const sent = request(`${server.url}${path}`, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject).end(body);
  });
}
const json = (answer: RawAnswer): Record<string, unknown> =>
  JSON.parse(answer.body.toString()) as Record<string, unknown>;
const pod = '/api/v1/namespaces/payments/pods/api';
const configMaps = '/api/v1/namespaces/payments/configmaps';

test('a table holds metadata with every annotation, or the whole object', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const table = json(await send('GET', '/api/v1/namespaces/payments/secrets', { accept }));
  expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  expect(JSON.stringify(table)).toContain(server.secrets.lastApplied);
  expect(JSON.stringify(table)).not.toContain(Buffer.from(server.secrets.secretValue).toString('base64'));
  const whole = await send('GET', '/api/v1/namespaces/payments/secrets?includeObject=Object', { accept });
  expect(whole.body.toString()).toContain(Buffer.from(server.secrets.secretValue).toString('base64'));
});

test('metadata alone, of one and of many', async () => {
  const one = json(await send('GET', pod, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }));
  expect(Object.keys(one).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
  const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
  expect(json(await send('GET', '/api/v1/pods', { accept }))).toMatchObject({ kind: 'PartialObjectMetadataList' });
});

test('YAML is spoken; protobuf and CBOR are not answered', async () => {
  const yaml = await send('GET', pod, { accept: 'application/yaml' });
  expect(yaml.headers['content-type']).toBe('application/yaml');
  expect(yaml.body.toString()).toMatch(/^kind: Pod$/m);
  const refused = await send('GET', pod, { accept: 'application/cbor' });
  expect(json(refused)).toMatchObject({ kind: 'Status', reason: 'NotAcceptable', code: 406 });
  const fallback = await send('GET', pod, { accept: 'application/vnd.kubernetes.protobuf, application/json' });
  expect(fallback.headers['content-type']).toBe('application/json');
});

test('long answers are compressed for who takes that', async () => {
  const long = await send('GET', '/api/v1/pods', { 'accept-encoding': 'gzip' });
  expect(long.headers['content-encoding']).toBe('gzip');
  expect(JSON.parse(gunzipSync(long.body).toString())).toMatchObject({ kind: 'PodList' });
  expect((await send('GET', pod, { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
});

test('bodies: YAML is read, what has no decoder is 415, what is broken 400', async () => {
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {a: "1"}\n';
  expect((await send('POST', configMaps, { 'content-type': 'application/yaml' }, yaml)).code).toBe(201);
  const twice = 'metadata: {name: x}\nmetadata: {name: y}\n';
  expect((await send('POST', configMaps, { 'content-type': 'application/yaml' }, twice)).code).toBe(400);
  expect(json(await send('POST', configMaps, { 'content-type': 'application/cbor' }, 'x'))).toMatchObject({
    reason: 'UnsupportedMediaType',
    code: 415,
  });
  expect((await send('POST', configMaps, { 'content-type': 'application/json' }, '{')).code).toBe(400);
});

test('unknown fields warn, or are refused', async () => {
  const body = JSON.stringify({ metadata: { name: 'warned' }, dato: {} });
  const headers = { 'content-type': 'application/json' };
  const warned = await send('POST', `${configMaps}?fieldValidation=Warn`, headers, body);
  expect(warned.headers['warning']).toBe('299 - "unknown field \\"dato\\""');
  const refused = await send('POST', `${configMaps}?fieldValidation=Strict&dryRun=All`, headers, body);
  expect(json(refused)['message']).toContain('strict decoding error: unknown field "dato"');
});

test('errors repeat the values they are about', async () => {
  const body = JSON.stringify({ metadata: { name: 'bad_name' } });
  const answer = json(await send('POST', configMaps, { 'content-type': 'application/json' }, body));
  expect(answer).toMatchObject({
    status: 'Failure',
    reason: 'Invalid',
    code: 422,
    details: { name: 'bad_name', kind: 'ConfigMap' },
  });
  const causes = (answer['details'] as { causes: { field: string; message: string }[] }).causes;
  expect(causes[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'metadata.name' });
  expect(causes[0]?.message).toContain('"bad_name"');
});

test('an encoded slash separates segments here: the server is as trusting as the real one', async () => {
  const answer = await send('GET', '/api/v1/namespaces/payments%2Fsecrets/database', {});
  expect(json(answer)).toMatchObject({ kind: 'Secret' });
  expect((await send('GET', '/api/v1//namespaces', {})).code).toBe(404);
});

test('the audit keeps what was sent, header by header', async () => {
  await send(
    'PUT',
    `${pod}/status?dryRun=All`,
    { 'x-test': 'one', 'content-type': 'application/json' },
    '{"status":{}}',
  );
  const last = server.requests.at(-1);
  expect(last).toMatchObject({ method: 'PUT', httpVersion: '1.1', code: 200, user: { name: 'kubernetes-admin' } });
  expect(last?.rawHeaders).toContain('x-test');
  expect(last?.body.toString()).toBe('{"status":{}}');
  expect(last?.bodySha256).toMatch(/^[0-9a-f]{64}$/);
});
