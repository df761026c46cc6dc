import type { ApiRequest, HttpResponse, StreamedAnswer } from './api-request.js';
import type { Cluster } from './cluster.js';
import { convert } from './cluster.js';
import { firstOf } from './header-values.js';
import { encodeObject } from './json-encoding.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { Representation } from './negotiation.js';
import { negotiate } from './negotiation.js';
import type { Change } from './object-store.js';
import { requireKnownRevision } from './read-objects.js';
import type { ResourceKind } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import type { ResourceRequest } from './request-info.js';
import { setBaseHeaders } from './respond.js';
import type { Selector } from './selectors.js';
import { parseSelectors } from './selectors.js';
import { StatusError } from './status-error.js';
import { partialMetadata, tableOf } from './table.js';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
/** Takes the encoded line of one event. */
export type EventSink = (line: string) => void;

const defaultTimeoutSeconds = 1800;
/** The real server sends one about every minute; tests have less time. */
const bookmarkMs = 1000;

/** One line of JSON for each change. @throws StatusError before anything is sent */
export function watchObjects(cluster: Cluster, request: ApiRequest, target: ResourceRequest): StreamedAnswer {
  const watch = new Watch(cluster, request, target);
  return (response) => streamLines(watch, response);
}

async function streamLines(watch: Watch, response: HttpResponse): Promise<void> {
  response.statusCode = 200;
  setBaseHeaders(response);
  response.setHeader('content-type', 'application/json');
  response.flushHeaders();
  await new Promise<void>((resolve) => {
    const stop = watch.start((line) => response.write(line), resolve);
    response.on('close', () => {
      stop();
      resolve();
    });
  });
  response.end();
}

/** A watch that is understood but has not begun. */
export class Watch {
  readonly #kind: ResourceKind;
  readonly #namespace: string | undefined;
  readonly #matches: Selector;
  readonly #representation: Representation;
  readonly #query: URLSearchParams;
  readonly #from: number | undefined;
  readonly #missed: readonly Change[] | undefined;
  #sent = 0;

  constructor(
    private readonly cluster: Cluster,
    request: ApiRequest,
    target: ResourceRequest,
  ) {
    const { query } = request;
    this.#kind = target.kind;
    this.#namespace = target.namespace;
    this.#query = query;
    const fields = [query.get('fieldSelector'), target.name ? `metadata.name=${target.name}` : ''].filter(Boolean);
    this.#matches = parseSelectors(target.kind.kind, query.get('labelSelector'), fields.join(','));
    this.#representation = negotiate(firstOf(request.headers, 'accept'));
    const from = requireKnownRevision(cluster, query);
    // Revision 0, or none, means: begin with what there is now.
    this.#from = from === 0 ? undefined : from;
    this.#missed = this.#from === undefined ? [] : cluster.store.changesSince(target.kind, this.#from);
    if (query.get('sendInitialEvents') && query.get('resourceVersionMatch') !== 'NotOlderThan') {
      const message =
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      throw new StatusError(422, 'Invalid', message);
    }
  }

  /** @param over called when the watch's time is up; @returns ends it before */
  start(sink: EventSink, over: () => void): () => void {
    const send = (type: EventType, object: KubernetesObject): void => sink(this.#encode(type, object));
    if (!this.#missed) {
      const gone = StatusError.expired(
        `too old resource version: ${this.#from} (${this.cluster.store.compactedRevision})`,
      );
      sink(`${JSON.stringify({ type: 'ERROR', object: gone.toStatus() })}\n`);
      setImmediate(over);
      return () => undefined;
    }
    const initial = this.#query.get('sendInitialEvents');
    if (initial === 'true' || (this.#from === undefined && initial !== 'false')) {
      for (const object of this.cluster.list(this.#kind, this.#namespace))
        if (this.#matches(object)) send('ADDED', object);
    } else for (const change of this.#missed) this.#forward(change, send);
    const wantsBookmarks = this.#query.get('allowWatchBookmarks') === 'true';
    if (initial === 'true' && wantsBookmarks) send('BOOKMARK', this.#bookmark({ 'k8s.io/initial-events-end': 'true' }));
    const unsubscribe = this.cluster.store.subscribe(this.#kind, (change) => this.#forward(change, send));
    const bookmarks = wantsBookmarks ? setInterval(() => send('BOOKMARK', this.#bookmark()), bookmarkMs) : undefined;
    const seconds = Number(this.#query.get('timeoutSeconds') ?? 0) || defaultTimeoutSeconds;
    const timeout = setTimeout(() => {
      stop();
      over();
    }, seconds * 1000);
    const stop = (): void => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
    };
    return stop;
  }

  /** An object that begins or ceases to match comes and goes, for this watcher. */
  #forward(change: Change, send: (type: EventType, object: KubernetesObject) => void): void {
    if (this.#namespace !== undefined && change.object.metadata.namespace !== this.#namespace) return;
    const object = convert(change.object, this.#kind);
    const matches = change.type !== 'DELETED' && this.#matches(object);
    const matched = change.previous !== undefined && this.#matches(convert(change.previous, this.#kind));
    if (matches) send(matched ? 'MODIFIED' : 'ADDED', object);
    else if (matched) send('DELETED', object);
  }

  #bookmark(annotations?: Record<string, string>): KubernetesObject {
    const resourceVersion = String(this.cluster.store.revision);
    const metadata = { resourceVersion, creationTimestamp: null, ...(annotations ? { annotations } : {}) };
    return { kind: this.#kind.kind, apiVersion: apiVersionOf(this.#kind), metadata } as unknown as KubernetesObject;
  }

  #encode(type: EventType, object: KubernetesObject): string {
    this.#sent += 1;
    const { as } = this.#representation;
    if (as === 'object') return `{"type":"${type}","object":${encodeObject(object)}}\n`;
    return `${JSON.stringify({ type, object: as === 'Table' ? this.#table(type, object) : partialMetadata(object) })}\n`;
  }

  #table(type: EventType, object: KubernetesObject): object {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { includeObject: this.#query.get('includeObject'), noHeaders: this.#sent > 1 };
    return tableOf(this.#kind, type === 'BOOKMARK' ? [] : [object], metadata, options);
  }
}
