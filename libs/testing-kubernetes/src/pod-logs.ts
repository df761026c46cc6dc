import type { ApiRequest, Reply } from './api-request.js';
import type { Cluster } from './cluster.js';
import { at, records, text } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceRequest } from './request-info.js';
import { setBaseHeaders } from './respond.js';
import { StatusError } from './status-error.js';

/** Where a pod's log is written for tests: one line of text for each line of log. */
export const logAnnotation = 'testing.sallyport/log';
const followMs = 100;

export function readLogs(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Reply {
  const { query } = request;
  const pod = cluster.read(target.kind, target.namespace, target.name ?? '');
  const container = containerOf(pod, query.get('container'));
  const tail = query.get('tailLines');
  const started = pod.metadata.creationTimestamp;
  const stamp = query.get('timestamps') === 'true' ? (line: string) => `${started} ${line}` : (line: string) => line;
  const written = (text(pod.metadata.annotations?.[logAnnotation]) || `${container} started`).split('\n');
  const lines = written.slice(tail === null ? 0 : written.length - Math.min(Number(tail), written.length)).map(stamp);
  const body = lines.map((line) => `${line}\n`).join('');
  const limit = query.get('limitBytes');
  if (query.get('follow') !== 'true') {
    return { code: 200, body: limit === null ? body : body.slice(0, Number(limit)), contentType: 'text/plain' };
  }
  return (response) => {
    response.statusCode = 200;
    setBaseHeaders(response);
    response.setHeader('content-type', 'text/plain');
    response.write(body);
    return new Promise((resolve) => {
      let line = 0;
      const timer = setInterval(() => {
        line += 1;
        response.write(`${stamp(`${container} line ${line}`)}\n`);
        if (cluster.store.get(target.kind, target.namespace, target.name ?? '')) return;
        clearInterval(timer);
        response.end();
        resolve();
      }, followMs);
      response.on('close', () => {
        clearInterval(timer);
        resolve();
      });
    });
  };
}

/** @throws StatusError 400 when it is not clear, or not there */
export function containerOf(pod: KubernetesObject, asked: string | null): string {
  const names = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((field) =>
    records(at(pod, 'spec', field)).map((container) => text(container['name'])),
  );
  if (asked) {
    if (names.includes(asked)) return asked;
    throw StatusError.badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const own = records(at(pod, 'spec', 'containers')).map((container) => text(container['name']));
  if (own.length > 1) {
    const message = `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${own.join(' ')}]`;
    throw StatusError.badRequest(message);
  }
  return own[0] ?? '';
}
