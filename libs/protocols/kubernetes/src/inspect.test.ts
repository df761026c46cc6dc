import { factsOf, inspected, understood, type SampleRequest } from './testing/cluster-request.js';

const pods = '/api/v1/namespaces/web/pods';
const exec = `${pods}/p/exec?command=ls&command=-l&container=c&stdin=true&tty=True`;
const websocket = {
  upgrade: 'websocket',
  headers: [
    ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['sec-websocket-version', '13'],
    ['sec-websocket-protocol', 'v5.channel.k8s.io'],
  ],
} as const;
const json = (value: unknown, more: SampleRequest = {}): SampleRequest => ({
  method: 'POST',
  contentType: 'application/json',
  body: JSON.stringify(value),
  ...more,
});

test.each([
  ['GET', pods, 'Namespace'],
  ['GET', '/api/v1/pods', 'Resource'],
  ['GET', '/api/v1/secrets?watch=true', 'Resource'],
  ['GET', '/api/v1/nodes/n', 'Resource'],
  ['GET', '/api/v1/namespaces/web', 'Namespace'],
  ['DELETE', '/api/v1/namespaces/web', 'Resource'],
  ['GET', '/version', 'Resource'],
])('K8-07 %s %s acts on a %s', async (method, path, kind) => {
  const { action } = await understood(path, { method });
  expect(action.effects).toEqual([
    expect.objectContaining({ object: expect.objectContaining({ kind, resource: 'prod' }) }),
  ]);
});

test('K8-02 exec: argv, container and terminal are facts', async () => {
  expect(await factsOf(exec, websocket)).toMatchObject({
    verb: 'exec',
    command: ['-l', 'ls'],
    argv: '["ls","-l"]',
    container: 'c',
    stdin: true,
    tty: true,
    name: 'p',
  });
});

test('K8-02 a command is the same to whoever approves it, by GET over websockets and by POST over SPDY', async () => {
  const [get, post] = await Promise.all([
    understood(exec, websocket),
    understood(exec, {
      method: 'POST',
      upgrade: 'spdy/3.1',
      headers: [['x-stream-protocol-version', 'v4.channel.k8s.io']],
    }),
  ]);
  expect([get.forward.method, post.forward.method]).toEqual(['GET', 'POST']);
  expect(post.action.text).toBe(get.action.text);
  expect(post.action.fingerprint).toBe(get.action.fingerprint);
});

test.each([
  [`${pods}/p/exec?command=ls&container=a&container=b`, websocket],
  [`${pods}/p/exec?command=ls`, {}],
  [`${pods}/p/log?follow=true`, websocket],
  [`${pods}?watch=true`, websocket],
  [`${pods}?impersonate=admin`, {}],
  [`${pods}?limit=5&limit=6`, {}],
  [`${pods}?dryRun=Some`, { method: 'POST' }],
  [`${pods}/p/portforward?ports=0`, websocket],
  [`${pods}/p/log?insecureSkipTLSVerifyBackend=true`, {}],
])('K8-02 K8-10 %s %o is refused', async (path, sample) => {
  expect(await inspected(path, sample)).toMatchObject({ kind: 'refused' });
});

test('facts have every attribute of the policy language and no other', async () => {
  const facts = await factsOf(pods);
  expect(Object.keys(facts).sort()).toEqual(
    ['verb', 'group', 'version', 'resource', 'subresource', 'namespace', 'name', 'dryRun', 'labels', 'command', 'argv']
      .concat([
        'container',
        'stdin',
        'tty',
        'ports',
        'fieldManager',
        'force',
        'contentType',
        'bodyKnown',
        'risks',
        'images',
      ])
      .sort(),
  );
});

test('a created object gives its name, labels and images to policy, and is forwarded as it was understood', async () => {
  const pod = { metadata: { name: 'p', labels: { app: 'x' } }, spec: { containers: [{ image: 'nginx:1' }] } };
  const { action, forward, binding } = await understood(
    `${pods}?fieldManager=m`,
    json(pod, { body: JSON.stringify(pod, null, 4) }),
  );
  expect(action.context['kubernetes']).toMatchObject({
    name: 'p',
    labels: ['app=x'],
    images: ['nginx:1'],
    fieldManager: 'm',
  });
  expect(forward.body.toString()).toBe(JSON.stringify(pod));
  expect(forward.path).toBe(`${pods}?fieldManager=m`);
  expect(action.text).toContain(`POST ${pods}?fieldManager=m\n`);
  expect(binding).toMatch(/^body [0-9a-f]{64}$/);
});

test.each([
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'text/plain',
  'application/json; charset=utf-16',
  'x',
])('K8-10 a body of type %s is answered 415', async (contentType) => {
  expect(await inspected(pods, json({}, { contentType }))).toMatchObject({ kind: 'refused', status: 415 });
});
test.each([
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"a":1}x',
  '\ufeff{}',
  '{"a":"\\ud800"}',
  '{a:1}',
  '[1,]',
  'NaN',
  '{"a":01}',
])('K8-10 the JSON body %s is answered 400', async (body) => {
  expect(await inspected(pods, json({}, { body }))).toMatchObject({ kind: 'refused', status: 400 });
});
test.each([
  'a: 1\na: 2',
  '1: a\n"1": b',
  'on: 1',
  'a: !!binary aGk=',
  'a: !x y',
  'a: .inf',
  '%YAML 1.2\n---\na: 1',
  'a: 1\n---\nb: 2',
  ''.padEnd(9999, '['),
])('K8-10 the YAML body %j is answered 400', async (body) => {
  expect(await inspected(pods, json({}, { contentType: 'application/yaml', body }))).toMatchObject({ status: 400 });
});
test('K8-10 an alias bomb is answered 400', async () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 9; level += 1)
    bomb.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
    );
  const body = bomb.join('\n');
  expect(await inspected(pods, json({}, { contentType: 'application/yaml', body }))).toMatchObject({ status: 400 });
});
test('K8-10 YAML is forwarded as the JSON that was understood', async () => {
  const body = 'metadata: {name: p}\nspec: {hostPID: yes, mode: 0644, at: 2001-01-01, big: 12345678901234567890}\n';
  const { forward, action } = await understood(pods, json({}, { contentType: 'application/yaml', body }));
  expect(forward.body.toString()).toBe(
    '{"metadata":{"name":"p"},"spec":{"hostPID":true,"mode":420,"at":"2001-01-01","big":12345678901234567890}}',
  );
  expect(forward.headers).toContainEqual(['content-type', 'application/json']);
  expect(action.context['kubernetes']).toMatchObject({ risks: ['hostPID'] });
});
test('K8-12 an apply patch stays one, and its force is a fact', async () => {
  const sample = { method: 'PATCH', contentType: 'application/apply-patch+yaml', body: 'spec: {replicas: 3}' };
  const { forward, action } = await understood(
    '/apis/apps/v1/namespaces/web/deployments/d?force=true&fieldManager=x',
    sample,
  );
  expect(forward.headers).toContainEqual(['content-type', 'application/apply-patch+yaml']);
  expect(forward.body.toString()).toBe('{"spec":{"replicas":3}}');
  expect(action.context['kubernetes']).toMatchObject({ force: true, verb: 'patch' });
});
test('numbers that no double holds are forwarded as they were', async () => {
  const body = '{"metadata":{"name":"p"},"a":12345678901234567890,"b":1.0,"c":1e2}';
  expect((await understood(pods, json({}, { body }))).forward.body.toString()).toBe(body);
});

test('the options of a delete are those of its body', async () => {
  const remove = (path: string, body?: unknown) =>
    inspected(path, body === undefined ? { method: 'DELETE' } : json(body, { method: 'DELETE' }));
  const isDryRun = (inspection: unknown) =>
    expect(inspection).toMatchObject({ action: { context: { kubernetes: { dryRun: true } } } });
  isDryRun(await remove(`${pods}/p?dryRun=All`));
  isDryRun(await remove(`${pods}/p`, { dryRun: ['All'] }));
  // The API server would take this for a real delete.
  expect(await remove(`${pods}/p?dryRun=All`, { gracePeriodSeconds: 0 })).toMatchObject({
    kind: 'refused',
    status: 400,
  });
});

test.each([
  ['/api/v1/namespaces/web/serviceaccounts/sa/token', false],
  ['/apis/machines.example.io/v1/namespaces/web/machines/m/stop', false],
  ['/apis/image.example.io/v1/namespaces/web/imports', false],
  ['/apis/apps/v1/namespaces/web/deployments', true],
])('a dry run of %s counts as one (%j) only where the server keeps its promise', async (path, dryRun) => {
  const { action } = await understood(`${path}?dryRun=All`, json({}));
  expect(action.context['kubernetes']).toMatchObject({ dryRun });
});

test.each([
  [{ metadata: { namespace: 'other' } }, 'POST', pods],
  [{ metadata: { name: 'q' } }, 'PUT', `${pods}/p`],
])('a body for another place than the path is refused: %j', async (body, method, path) => {
  expect(await inspected(path, json(body, { method }))).toMatchObject({ kind: 'refused', status: 400 });
});

test('K8-05 no header of the client names a user to the cluster', async () => {
  const headers = [
    ['authorization', 'Bearer mine'],
    ['x-remote-user', 'admin'],
    ['x-remote-group', 'system:masters'],
    ['x-remote-extra-a', 'b'],
    ['cookie', 'a=b'],
    ['audit-id', 'x'],
    ['user-agent', 'kubectl/v1.32'],
  ] as const;
  const { forward } = await understood(pods, { headers });
  expect(forward.headers).toEqual([
    ['user-agent', 'kubectl/v1.32'],
    ['accept', 'application/json'],
  ]);
});
test.each(['impersonate-user', 'impersonate-group', 'impersonate-uid', 'impersonate-extra-scopes'])(
  'K8-05 %s is refused instead of asking with other rights than were meant',
  async (name) => {
    expect(await inspected(pods, { headers: [[name, 'system:admin']] })).toMatchObject({
      kind: 'refused',
      status: 403,
    });
  },
);
test('K8-05 impersonation names the principal and its groups with the prefix, and nothing else', async () => {
  const binding = { kubernetes: { impersonate: true, prefix: 'sallyport:' } };
  const principal = { type: 'User', id: 'dana', groups: ['dba', 'system:masters'], roles: [] } as const;
  const { forward } = await understood(pods, { binding, principal });
  expect(forward.headers.filter(([name]) => name.startsWith('impersonate'))).toEqual([
    ['impersonate-user', 'sallyport:User::dana'],
    ['impersonate-group', 'sallyport:dba'],
    ['impersonate-group', 'sallyport:system:masters'],
  ]);
  const odd = { ...principal, id: 'dana\r\nimpersonate-user: admin' };
  expect(await inspected(pods, { binding, principal: odd })).toMatchObject({ kind: 'refused', status: 403 });
});

test.each([
  ['application/vnd.kubernetes.protobuf, application/json', 'application/json'],
  [
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    'application/json;as=Table;v=v1;g=meta.k8s.io, application/json',
  ],
  [
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  ],
  ['application/json;stream=watch', 'application/json;stream=watch'],
  ['*/*', 'application/json'],
])('K8-08 Accept %s is forwarded as %s', async (accept, expected) => {
  const { forward } = await understood(pods, { headers: [['accept', accept]] });
  expect(forward.headers).toContainEqual(['accept', expected]);
});
test.each([
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'application/cbor-seq',
  'application/yaml',
  'text/html',
  'application/json;q=0',
])('K8-08 whoever takes only %s is answered 406', async (accept) => {
  expect(await inspected(pods, { headers: [['accept', accept]] })).toMatchObject({ kind: 'refused', status: 406 });
});

test('K8-09 a reviewer sees digests of a secret, and the approval is bound to the secret itself', async () => {
  const secret = (password: string) => ({
    metadata: {
      name: 's',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `{"kind":"Secret","stringData":{"p":"${password}"}}`,
      },
    },
    data: { password: Buffer.from(password).toString('base64') },
    stringData: { other: password },
  });
  const path = '/api/v1/namespaces/web/secrets';
  const [one, two] = await Promise.all(
    ['canary-4711', 'canary-4712'].map((value) => understood(path, json(secret(value)))),
  );
  expect(one!.action.text).toMatch(/"password": "digest:[0-9a-f]{12}"/);
  expect(JSON.stringify(one!.action)).not.toMatch(/canary|Y2FuYXJ5/);
  expect(one!.binding).not.toBe(two!.binding);
  expect(one!.action.text).not.toBe(two!.action.text);
});
test.each([
  ['application/json-patch+json', [{ op: 'replace', path: '/data/password', value: 'Y2FuYXJ5' }]],
  ['application/json-patch+json', [{ op: 'add', path: '/stringData', value: { a: 'canary' } }]],
  ['application/merge-patch+json', { data: { a: 'Y2FuYXJ5' } }],
  ['application/strategic-merge-patch+json', { stringData: { __proto__x: 'canary' } }],
])('K8-09 a patch of a secret (%s) shows no value', async (contentType, body) => {
  const sample = json(body, { method: 'PATCH', contentType });
  const { action } = await understood('/api/v1/namespaces/web/secrets/s', sample);
  expect(action.text).not.toMatch(/canary|Y2FuYXJ5/);
  expect(action.text).toContain('digest:');
});
test('K8-09 what a mask left cannot be written back over the value that it stood for', async () => {
  const body = { metadata: { name: 's' }, data: { password: Buffer.from('[redacted]').toString('base64') } };
  const put = await inspected('/api/v1/namespaces/web/secrets/s', json(body, { method: 'PUT' }));
  expect(put).toMatchObject({ kind: 'refused', status: 403, reason: { code: 'masked-column-used' } });
});

test.each([
  { op: 'test', path: '/data/password', value: 'Y2FuYXJ5' },
  { op: 'copy', from: '/data/password', path: '/metadata/annotations/a' },
  { op: 'move', from: '/data', path: '/metadata/annotations' },
  { op: 'copy', from: '', path: '/metadata/annotations/a' },
  { op: 'copy', from: '/metadata/annotations', path: '/metadata/labels' },
])('K8-09 $op of $from$path uses a value that is masked: whoever may not see it may not do that', async (operation) => {
  const sample = json([operation], { method: 'PATCH', contentType: 'application/json-patch+json' });
  const { action, answer } = await understood('/api/v1/namespaces/web/secrets/s', sample);
  const masks = action.lineage.fields!.map(({ field, mask }) => ({ kind: 'maskField', field, method: mask }) as const);
  expect(masks).toHaveLength(1);
  expect(answer(masks)).toBeUndefined();
  expect(answer([])).toBeDefined();
});
test.each([
  ['test', '/spec/template/spec/containers/0/env/0/value', true],
  ['test', '/spec/template/spec/containers/0', true],
  ['copy', '/spec/template', true],
  ['test', '/spec/replicas', false],
  ['test', '/spec/template/spec/containers/0/image', false],
  ['test', '/metadata/resourceVersion', false],
])('K8-09 %s of %s of a deployment uses masked variables: %s', async (op, pointer, uses) => {
  const operation = op === 'test' ? { op, path: pointer, value: 'x' } : { op, from: pointer, path: '/metadata/labels' };
  const sample = json([operation], { method: 'PATCH', contentType: 'application/json-patch+json' });
  const { action, answer } = await understood('/apis/apps/v1/namespaces/web/deployments/d', sample);
  const masks = action.lineage.fields!.map(({ field, mask }) => ({ kind: 'maskField', field, method: mask }) as const);
  expect(masks.map(({ field }) => field.path)).toEqual(['Pod.env']);
  expect(answer(masks) === undefined).toBe(uses);
});
test('a patch may test what nobody masks', async () => {
  const operation = { op: 'test', path: '/metadata/resourceVersion', value: '7' };
  const sample = json([operation], { method: 'PATCH', contentType: 'application/json-patch+json' });
  const { action, answer } = await understood('/api/v1/namespaces/web/secrets/s', sample);
  expect(
    answer(action.lineage.fields!.map(({ field }) => ({ kind: 'maskField', field, method: 'redact' }))),
  ).toBeDefined();
});
test('an obligation about something else cannot be met', async () => {
  const { answer } = await understood(pods);
  const field = { kind: 'Field', resource: 'prod', namespace: 'web', path: 'Other.data' } as const;
  expect(answer([{ kind: 'maskField', field, method: 'redact' }])).toBeUndefined();
});

test('K8-14 the ports that a tunnel learns of are judged one by one', async () => {
  const forward = {
    ...websocket,
    headers: [...websocket.headers.slice(0, 2), ['sec-websocket-protocol', 'SPDY/3.1+portforward.k8s.io'] as const],
  };
  const { action, tunnel, forward: request } = await understood(`${pods}/p/portforward`, forward);
  expect(action.context['kubernetes']).toMatchObject({ verb: 'portForward', ports: [] });
  expect(request.upgrade).toBe('websocket');
  expect(tunnel?.requestHeaders).toContainEqual(['sec-websocket-protocol', 'SPDY/3.1+portforward.k8s.io']);
});

test.each([
  ['keys', Array.from({ length: 20_000 }, (_, at) => `k${at}: 1\n`).join('')],
  ['aliases', Array.from({ length: 5_000 }, (_, at) => `k${at}: [&a${at} x, *a${at}]\n`).join('')],
])('K8-10 YAML of many %s holds nobody else up', async (_what, body) => {
  const began = performance.now();
  await inspected(pods, json({}, { contentType: 'application/yaml', body }));
  expect(performance.now() - began).toBeLessThan(3_000);
});
test.each(['a: 1\na: 2', 'x: {a: 1, a: 2}', '"a": 1\na: 2', 'x: &k a\n*k : 1', '1: a\n0x1: b'])(
  'K8-10 YAML with a key twice, or with a key that is none, is refused: %j',
  async (body) => {
    const inspection = await inspected(pods, json({}, { contentType: 'application/yaml', body }));
    expect(inspection).toMatchObject({ kind: 'refused', status: 400 });
  },
);
