import type { AskedUpstream } from '@sallyport/http-core';
import { understood, type SampleRequest } from '../testing/cluster-request.js';
import { lineDiff } from './line-diff.js';

type Json = Record<string, unknown>;
const path = '/apis/apps/v1/namespaces/web/deployments/d';
const merge = 'application/merge-patch+json';

/** A cluster with one object: answers what it holds, and what a write would make of it. */
class OneObject {
  readonly asked: AskedUpstream[] = [];
  constructor(
    public live: Json | undefined,
    public result: Json | number,
  ) {}
  ask = async (request: AskedUpstream) => {
    this.asked.push(request);
    const answer = request.method === 'GET' ? (this.live ?? 404) : this.result;
    const status = typeof answer === 'number' ? answer : 200;
    return { status, headers: [], body: Buffer.from(JSON.stringify(typeof answer === 'number' ? {} : answer)) };
  };
}
function deployment(replicas: number, metadata: Json = {}, spec: Json = {}): Json {
  const managedFields = [{ time: `t${replicas}` }];
  return {
    kind: 'Deployment',
    metadata: { name: 'd', uid: 'u', resourceVersion: `${replicas}0`, managedFields, ...metadata },
    spec: { replicas, ...spec },
    status: { observed: replicas },
  };
}
async function held(cluster: OneObject, at = path, more: SampleRequest = {}) {
  const meaning = await understood(at, {
    method: 'PATCH',
    contentType: merge,
    body: '{"spec":{"replicas":3}}',
    ask: cluster.ask,
    ...more,
  });
  return { meaning, enriched: await meaning.enrich!() };
}

test('K8-12 a reviewer sees what the object would become, and nothing is done', async () => {
  const cluster = new OneObject(deployment(2), deployment(3));
  const { meaning, enriched } = await held(cluster);
  const [request, diff] = enriched.action.text.split('\n\n');
  expect(request).toBe(meaning.action.text);
  expect(diff!.split('\n').filter((line) => /^[-+]/.test(line))).toEqual([
    '-     "replicas": 2',
    '+     "replicas": 3',
  ]);
  expect(cluster.asked.map(({ method, path: asked }) => `${method} ${asked}`)).toEqual([
    `GET ${path}`,
    `PATCH ${path}?dryRun=All`,
  ]);
  expect(enriched.binding).toMatch(/^body [0-9a-f]{64} object u [0-9a-f]{64}$/);
});
test('K8-12 an object that changed meanwhile voids what was approved; a heartbeat does not', async () => {
  const cluster = new OneObject(deployment(2), deployment(3));
  const { meaning, enriched } = await held(cluster);
  cluster.live = { ...deployment(2, { resourceVersion: '99' }), status: { observed: 5 } };
  expect(await meaning.reinspect!()).toEqual(enriched);
  cluster.live = deployment(2, { labels: { a: 'b' } });
  expect(await meaning.reinspect!()).toBeUndefined();
  cluster.live = deployment(2, { uid: 'another' });
  expect(await meaning.reinspect!()).toBeUndefined();
  cluster.live = undefined;
  expect(await meaning.reinspect!()).toBeUndefined();
});
test('K8-11 the risks of the object as it would be count, not only those of the patch', async () => {
  const template = { spec: { containers: [{ image: 'x:2', securityContext: { privileged: true } }] } };
  const cluster = new OneObject(deployment(2), deployment(3, {}, { template }));
  const { meaning, enriched } = await held(cluster);
  expect(meaning.action.context['kubernetes']).toMatchObject({ risks: [] });
  expect(enriched.action.context['kubernetes']).toMatchObject({ risks: ['privileged'], images: ['x:2'] });
  expect(enriched.action.fingerprint).not.toBe(meaning.action.fingerprint);
});
test('K8-09 K8-12 a diff of secrets shows digests', async () => {
  const secret = (value: string) => ({
    kind: 'Secret',
    metadata: { uid: 'u' },
    data: { p: Buffer.from(value).toString('base64') },
  });
  const cluster = new OneObject(secret('canary-1'), secret('canary-2'));
  const body = JSON.stringify({ stringData: { p: 'canary-2' } });
  const { enriched } = await held(cluster, '/api/v1/namespaces/web/secrets/s', { body });
  expect(enriched.action.text).toMatch(/-\s+"p": "digest:[0-9a-f]{12}"\n\+\s+"p": "digest:[0-9a-f]{12}"/);
  expect(enriched.action.text).not.toMatch(/canary|Y2FuYXJ5/);
});
test('a delete shows what would be gone', async () => {
  const cluster = new OneObject(deployment(2), 500);
  const { enriched } = await held(cluster, path, { method: 'DELETE', body: undefined });
  expect(enriched.action.text).toContain('-   "kind": "Deployment"');
  expect(cluster.asked).toHaveLength(1);
});
test('a write that the cluster would refuse says so', async () => {
  const { enriched } = await held(new OneObject(deployment(2), 422));
  expect(enriched.action.text).toContain('the cluster would refuse this with status 422');
});
test('what is created new is asked about, and voided by somebody else creating it', async () => {
  const cluster = new OneObject(undefined, deployment(3));
  const { meaning, enriched } = await held(cluster, path, { contentType: 'application/apply-patch+yaml' });
  expect(enriched.binding).toMatch(/ object none$/);
  cluster.live = deployment(1);
  expect(await meaning.reinspect!()).toBeUndefined();
});
test('what cannot be looked at is not put before anybody', async () => {
  const cluster = new OneObject(deployment(2), deployment(3));
  cluster.ask = async () => ({ status: 500, headers: [], body: Buffer.alloc(0) });
  await expect(held(cluster)).rejects.toThrow('cannot be read');
});
test('the cluster is asked as the one who is asked for', async () => {
  const cluster = new OneObject(deployment(2), deployment(3));
  await held(cluster, path, { binding: { kubernetes: { impersonate: true, prefix: 'sallyport:' } } });
  for (const { headers } of cluster.asked) expect(headers).toContainEqual(['impersonate-user', 'sallyport:User::dana']);
});
test.each([
  ['POST', '/apis/image.example.io/v1/namespaces/web/imports'],
  ['PUT', '/apis/machines.example.io/v1/namespaces/web/machines/m/stop'],
  ['PATCH', '/apis/machines.example.io/v1/namespaces/web/machines/m'],
])('K8-12 %s %s may be answered by a server that knows no dryRun, so nothing is sent ahead', async (method, at) => {
  const cluster = new OneObject(undefined, deployment(3));
  const more = method === 'PATCH' ? {} : { contentType: 'application/json', body: '{}' };
  const { enriched } = await held(cluster, at, { method, ...more });
  expect(cluster.asked.filter((asked) => asked.method !== 'GET')).toEqual([]);
  expect(enriched.action.text).toContain('the cluster was not asked what this would do');
});
test('K8-12 kinds that the API server itself keeps by a definition are asked about', async () => {
  const cluster = new OneObject({ metadata: { name: 'apps.example.io', uid: 'u' } }, deployment(3));
  await held(cluster, '/apis/example.io/v1/namespaces/web/apps/a');
  expect(cluster.asked.map(({ method, path: asked }) => `${method} ${asked}`)).toEqual([
    'GET /apis/example.io/v1/namespaces/web/apps/a',
    'GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/apps.example.io',
    'PATCH /apis/example.io/v1/namespaces/web/apps/a?dryRun=All',
  ]);
});
test('a read has nothing to look at', async () => {
  const cluster = new OneObject(deployment(2), deployment(3));
  const { meaning, enriched } = await held(cluster, path, { method: 'GET', body: undefined, contentType: undefined });
  expect(enriched).toEqual({ action: meaning.action });
  expect(await meaning.reinspect!()).toEqual({ action: meaning.action });
  expect(cluster.asked).toEqual([]);
});

test('a diff applies', () => {
  expect(lineDiff('a\nb\nc', 'a\nb\nc')).toBe('');
  expect(lineDiff('a\nb\nc', 'a\nx\nc\nd')).toBe('  a\n- b\n+ x\n  c\n+ d');
  const long = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const changed = long.with(10, 'other');
  expect(lineDiff(long.join('\n'), changed.join('\n')).split('\n')).toEqual([
    '  …',
    '  line 7',
    '  line 8',
    '  line 9',
    '- line 10',
    '+ other',
    '  line 11',
    '  line 12',
    '  line 13',
  ]);
});
