import { request } from 'node:https';
import type { Kubernetes } from './index.js';
import { kubectl, startKubernetes } from './index.js';

let server: Kubernetes;
beforeEach(async () => {
  server = await startKubernetes();
});
afterEach(() => server.stop());

interface Event {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: { name?: string; annotations?: Record<string, string> };
    readonly [field: string]: unknown;
  };
}
/** Reads events until the watch ends. */
function watch(path: string, onEvent: (event: Event) => void = () => undefined): Promise<Event[]> {
  return new Promise((resolve, reject) => {
    const options = { ca: server.ca, headers: { authorization: `Bearer ${server.tokens.admin}` } };
    const sent = request(`${server.url}${path}`, options, (answer) => {
      const events: Event[] = [];
      let pending = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        const lines = (pending + chunk).split('\n');
        pending = lines.pop() ?? '';
        for (const line of lines) {
          const event = JSON.parse(line) as Event;
          events.push(event);
          onEvent(event);
        }
      });
      answer.on('end', () => resolve(events));
    });
    sent.on('error', reject).end();
  });
}
const configMaps = '/api/v1/namespaces/payments/configmaps';
const touch = (): void => {
  const kind = server.cluster.kind('', 'configmaps');
  const object = server.store.get(kind, 'payments', 'settings');
  if (object) server.store.put(kind, { ...object, data: { changed: 'yes' } });
};

test('events of what is, what changes and what ends, with whole objects', async () => {
  const events = await watch(`${configMaps}?watch=1&timeoutSeconds=1`, ({ type }) => {
    if (type === 'ADDED') touch();
    const kind = server.cluster.kind('', 'configmaps');
    const object = server.store.get(kind, 'payments', 'settings');
    if (type === 'MODIFIED' && object) server.store.remove(kind, object);
  });
  expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  expect(events[2]?.object).toMatchObject({ kind: 'ConfigMap', data: { changed: 'yes' } });
});

test('from a revision on, and 410 from one that is forgotten', async () => {
  const revision = server.store.revision;
  touch();
  const events = await watch(`${configMaps}?watch=true&resourceVersion=${revision}&timeoutSeconds=1`);
  expect(events.map(({ type }) => type)).toEqual(['MODIFIED']);
  server.store.compact();
  const [gone] = await watch(`${configMaps}?watch=true&resourceVersion=${revision}`);
  expect(gone).toMatchObject({ type: 'ERROR', object: { kind: 'Status', reason: 'Expired', code: 410 } });
});

test('an object that begins or ceases to match comes or goes', async () => {
  const kind = server.cluster.kind('', 'configmaps');
  const events = await watch(
    `${configMaps}?watch=1&timeoutSeconds=1&labelSelector=on&resourceVersion=${server.store.revision}`,
  );
  expect(events).toEqual([]);
  const pending = watch(
    `${configMaps}?watch=1&timeoutSeconds=1&labelSelector=on&resourceVersion=${server.store.revision}`,
  );
  for (const label of ['on', 'off']) {
    const object = server.store.get(kind, 'payments', 'settings');
    if (object) server.store.put(kind, { ...object, metadata: { ...object.metadata, labels: { [label]: '1' } } });
  }
  expect((await pending).map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
});

test('bookmarks, and the end of the initial events', async () => {
  const query =
    'watch=1&timeoutSeconds=2&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
  const events = await watch(`${configMaps}?${query}`);
  expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['ADDED', 'BOOKMARK']);
  expect(events[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  expect(events.filter(({ type }) => type === 'BOOKMARK').length).toBeGreaterThan(1);
});

test('the old prefix watches too', async () => {
  const events = await watch('/api/v1/watch/namespaces/payments/configmaps/settings?timeoutSeconds=1');
  expect(events).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'settings' } } }]);
});

test('kubectl watches rows as they change', async () => {
  const kubeconfig = server.kubeconfig();
  const abort = new AbortController();
  const watching = kubectl(['get', 'cm', '-n', 'payments', '-w', '--output-watch-events'], {
    kubeconfig,
    signal: abort.signal,
  });
  const began = (): boolean => server.requests.some((seen) => seen.url.includes('watch=true') && seen.code === 200);
  while (!began()) await new Promise((resolve) => setTimeout(resolve, 20));
  touch();
  expect((await kubectl(['delete', 'cm', 'settings', '-n', 'payments'], { kubeconfig })).code).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  abort.abort();
  const { stdout } = await watching;
  expect(stdout).toMatch(/^ADDED\s+settings\s+2/m);
  expect(stdout).toMatch(/^MODIFIED\s+settings\s+1/m);
  expect(stdout).toMatch(/^DELETED\s+settings\s+1/m);
});
