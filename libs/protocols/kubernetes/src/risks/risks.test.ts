import { factsOf, type SampleRequest } from '../testing/cluster-request.js';

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
const deployment = '/apis/apps/v1/namespaces/web/deployments/d';

async function risksOf(method: string, path: string, value?: unknown, contentType = 'application/json') {
  const sample: SampleRequest = value === undefined ? { method } : { method, contentType, body: JSON.stringify(value) };
  return (await factsOf(path, sample))['risks'];
}

test.each([
  [{ hostPID: true }, ['hostPID']],
  [{ hostIPC: true, hostNetwork: true }, ['hostIPC', 'hostNetwork']],
  [{ hostPID: false, nodeName: '', volumes: [] }, []],
  [{ nodeName: 'n' }, ['nodeName']],
  [{ serviceAccountName: 'admin' }, ['serviceAccount:admin']],
  [{ volumes: [{ hostPath: { path: '/' } }] }, ['hostPath']],
  [{ volumes: [{ secret: { secretName: 's' } }] }, ['secret:s']],
  [{ containers: [{ securityContext: { privileged: true } }] }, ['privileged']],
  [{ containers: [{ ports: [{ hostPort: 80 }] }] }, ['hostPort']],
  [
    { containers: [{ securityContext: { capabilities: { add: ['SYS_ADMIN'], drop: ['ALL'] } } }] },
    ['capability:SYS_ADMIN'],
  ],
  [{ initContainers: [{ env: [{ valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }] }, ['secret:s']],
  [{ ephemeralContainers: [{ name: 'debug' }] }, ['ephemeralContainers']],
])('K8-11 a pod spec with %j carries %j, wherever it stands', async (spec, risks) => {
  expect(await risksOf('POST', '/api/v1/namespaces/web/pods', { spec })).toEqual(risks);
  const workflow = { spec: { templates: [{ anything: { spec } }] } };
  const path = '/apis/argoproj.io/v1alpha1/namespaces/web/workflows';
  expect(await risksOf('POST', path, workflow)).toEqual([...risks, 'unknownKind'].sort());
  for (const type of [patchTypes.merge, patchTypes.strategic, patchTypes.apply]) {
    expect(await risksOf('PATCH', deployment, { spec: { template: { spec } } }, type)).toEqual(risks);
  }
});

test.each([
  [{ op: 'add', path: '/spec/hostPID', value: true }, ['hostPID']],
  [{ op: 'replace', path: '/spec/containers/0/securityContext', value: { privileged: true } }, ['privileged']],
  [
    { op: 'add', path: '/spec/containers/0/securityContext/capabilities/add/-', value: 'SYS_PTRACE' },
    ['capability:SYS_PTRACE'],
  ],
  [{ op: 'replace', path: '/spec/serviceAccountName', value: 'admin' }, ['serviceAccount:admin']],
  [{ op: 'remove', path: '/metadata/finalizers/0' }, ['finalizers']],
  [{ op: 'remove', path: '/metadata/ownerReferences' }, ['ownerReferences']],
  [{ op: 'copy', from: '/metadata/labels/x', path: '/spec/nodeName' }, ['patchCopy']],
  [{ op: 'test', path: '/metadata/name', value: 'd' }, []],
])('K8-11 the operation %j carries %j', async (operation, risks) => {
  expect(await risksOf('PATCH', deployment, [operation], patchTypes.json)).toEqual(expect.arrayContaining(risks));
});

test.each([
  [
    'POST',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    { roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } },
    ['clusterRole:cluster-admin', 'rbac'],
  ],
  ['DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterroles/x', undefined, ['rbac']],
  ['DELETE', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/x', undefined, ['webhook']],
  ['POST', '/apis/apiregistration.k8s.io/v1/apiservices', {}, ['apiservice']],
  ['POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {}, ['crd']],
  ['PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', {}, ['csr']],
  ['POST', '/api/v1/namespaces/web/serviceaccounts/sa/token', {}, ['tokenRequest']],
  ['PATCH', '/api/v1/namespaces/web/pods/p/ephemeralcontainers', {}, ['ephemeralContainers']],
  ['POST', '/api/v1/namespaces/web/pods/p/binding', {}, ['nodeName']],
  ['POST', '/api/v1/namespaces/web/bindings', {}, ['nodeName']],
  ['GET', '/api/v1/nodes/n/proxy/pods', undefined, ['nodeProxy']],
  [
    'PATCH',
    '/api/v1/namespaces/web',
    { metadata: { labels: { 'pod-security.kubernetes.io/enforce': null } } },
    ['namespaceLabels'],
  ],
  ['PATCH', '/api/v1/namespaces/web', { metadata: { annotations: {} } }, []],
  ['PUT', '/api/v1/namespaces/web', { metadata: {} }, ['namespaceLabels']],
  ['POST', '/api/v1/persistentvolumes', { spec: { hostPath: { path: '/' } } }, ['hostPath']],
  ['POST', '/apis/constructor/v1/namespaces/web/toString', {}, undefined],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles', undefined, []],
])('K8-11 %s %s with %j carries %j', async (method, path, body, risks) => {
  const type = method === 'PATCH' ? patchTypes.merge : 'application/json';
  const found = risksOf(method, path, body, type);
  if (risks) expect(await found).toEqual(risks);
  else await expect(found).rejects.toThrow('refused: 400');
});

test.each([
  ['merge', { metadata: { finalizers: [] } }, ['finalizers']],
  ['strategic', { metadata: { ownerReferences: [] } }, ['ownerReferences']],
  ['strategic', { metadata: { $patch: 'replace', name: 'd' } }, ['finalizers', 'ownerReferences']],
  ['strategic', { metadata: { $retainKeys: ['name'], name: 'd' } }, ['finalizers', 'ownerReferences']],
  ['strategic', { $patch: 'replace', spec: {} }, ['finalizers', 'ownerReferences']],
  ['merge', { metadata: null }, ['finalizers', 'ownerReferences']],
  ['json', [{ op: 'replace', path: '/metadata/finalizers', value: [] }], ['finalizers']],
  ['json', [{ op: 'remove', path: '/metadata' }], ['finalizers', 'ownerReferences']],
  ['json', [{ op: 'add', path: '/metadata', value: { name: 'd' } }], ['finalizers', 'ownerReferences']],
  ['json', [{ op: 'replace', path: '', value: { metadata: { name: 'd' } } }], ['finalizers', 'ownerReferences']],
  ['merge', { metadata: { labels: { a: 'b' } } }, []],
  ['json', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }], []],
] as const)('K8-11 a %s patch with %j carries %j: what it takes away counts', async (type, patch, risks) => {
  expect(await risksOf('PATCH', deployment, patch, patchTypes[type])).toEqual(risks);
});

test.each([
  ['strategic', { $patch: 'replace', metadata: { name: 'web' } }],
  ['strategic', { $retainKeys: ['metadata'], metadata: { name: 'web' } }],
  ['strategic', { metadata: { $retainKeys: ['name'], name: 'web' } }],
  ['merge', { metadata: null }],
  ['apply', { metadata: { name: 'web' } }],
] as const)('K8-11 a %s patch with %j may take the labels of a namespace away', async (type, patch) => {
  expect(await risksOf('PATCH', '/api/v1/namespaces/web', patch, patchTypes[type])).toContain('namespaceLabels');
});

test('K8-11 a local volume is a path of the host under another name', async () => {
  const path = '/api/v1/persistentvolumes';
  expect(await risksOf('POST', path, { spec: { local: { path: '/' } } })).toEqual(['hostPath']);
  const patch = [{ op: 'replace', path: '/spec/local/path', value: '/' }];
  expect(await risksOf('PATCH', `${path}/p`, patch, patchTypes.json)).toEqual(['hostPath']);
});

test('K8-11 an object that is created has nothing to take away', async () => {
  const metadata = { finalizers: [], ownerReferences: [] };
  expect(await risksOf('POST', '/apis/apps/v1/namespaces/web/deployments', { metadata })).toEqual([]);
});

test.each([
  ['/apis/authentication.k8s.io/v1/tokenreviews', ['review']],
  ['/apis/authorization.k8s.io/v1/subjectaccessreviews', ['review']],
  ['/apis/authorization.k8s.io/v1/namespaces/web/localsubjectaccessreviews', ['review']],
  ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', []],
  ['/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', []],
])('K8-21 %s carries %j', async (path, risks) => {
  expect(await risksOf('POST', path, { spec: {} })).toEqual(risks);
});
