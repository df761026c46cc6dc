import { PassThrough } from 'node:stream';
import type { V1ConfigMap } from '@kubernetes/client-node';
import {
  ApiException,
  CoreV1Api,
  KubeConfig,
  Log,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node';
import type { Kubernetes } from './index.js';
import { startKubernetes } from './index.js';

let server: Kubernetes;
let config: KubeConfig;
let core: CoreV1Api;
const namespace = 'payments';

beforeAll(async () => {
  server = await startKubernetes();
  config = new KubeConfig();
  config.loadFromFile(server.kubeconfig());
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => server.stop());

test('objects are made, read, patched and removed', async () => {
  const made = await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'made' }, data: { a: '1' } },
  });
  expect(made.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  const patched = await core.patchNamespacedConfigMap({ name: 'made', namespace, body: { data: { b: '2' } } }, options);
  expect(patched.data).toEqual({ a: '1', b: '2' });
  const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=made' });
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['made']);
  await core.deleteNamespacedConfigMap({ name: 'made', namespace });
  const missing = await core.readNamespacedConfigMap({ name: 'made', namespace }).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(ApiException);
  expect((missing as ApiException<unknown>).code).toBe(404);
});

test('changes are watched', async () => {
  const seen: string[] = [];
  const done = new Promise<void>((resolve, reject) => {
    const onEvent = (type: string, object: V1ConfigMap): void => {
      seen.push(`${type} ${object.metadata?.name}`);
      if (type === 'ADDED' && object.metadata?.name === 'settings') {
        core.deleteNamespacedConfigMap({ name: 'settings', namespace }).catch(reject);
      }
    };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    new Watch(config).watch(path, { timeoutSeconds: 1 }, onEvent, () => resolve()).catch(reject);
  });
  await done;
  expect(seen).toEqual(['ADDED settings', 'DELETED settings']);
});

test('a log is followed until its pod is gone', async () => {
  const output = new PassThrough();
  await new Log(config).log(namespace, 'api', 'api', output, { follow: true });
  let text = '';
  for await (const chunk of output as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.endsWith('api line 2\n')) await core.deleteNamespacedPod({ name: 'api', namespace });
  }
  expect(text).toContain(`login with token ${server.secrets.log}\n`);
});
