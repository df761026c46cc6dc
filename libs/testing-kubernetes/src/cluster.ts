import type { TokenRegistry } from './authentication.js';
import { Authorizer } from './authorization.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { ObjectStore } from './object-store.js';
import type { ResourceKind } from './resource-kind.js';
import { apiVersionOf } from './resource-kind.js';
import { ResourceRegistry } from './resource-registry.js';
import type { Subject } from './status-error.js';
import { StatusError } from './status-error.js';

/** What the handlers of one server share. */
export class Cluster {
  readonly store = new ObjectStore();
  readonly registry = new ResourceRegistry();
  readonly authorizer = new Authorizer(this.store, this.registry);

  constructor(readonly tokens: TokenRegistry) {}

  /** @throws StatusError 404 */
  read(kind: ResourceKind, namespace: string | undefined, name: string): KubernetesObject {
    const object = this.store.get(kind, namespace, name);
    if (!object) throw StatusError.notFound(subjectOf(kind, name));
    return convert(object, kind);
  }

  list(kind: ResourceKind, namespace: string | undefined): readonly KubernetesObject[] {
    const objects = this.store.list(kind, namespace);
    return isStorageVersion(kind) ? objects : objects.map((object) => convert(object, kind));
  }

  /** A kind that is known to be built in. */
  kind(group: string, plural: string): ResourceKind {
    const found = this.registry.find(group, 'v1', plural);
    if (!found) throw new Error(`no kind ${plural} in group ${group}`);
    return found;
  }
}

export function subjectOf(kind: ResourceKind, name?: string): Subject {
  return { group: kind.group, resource: kind.plural, kind: kind.kind, name };
}

/** The version objects are stored in is the one that names the collection. */
function isStorageVersion(kind: ResourceKind): boolean {
  return kind.storedAs.group === kind.group && !kind.schema;
}

/** The same object as another group or version serves it. */
export function convert(object: KubernetesObject, kind: ResourceKind): KubernetesObject {
  const apiVersion = apiVersionOf(kind);
  if (object.apiVersion === apiVersion) return object;
  if (kind.group !== 'events.k8s.io') return { ...object, apiVersion };
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, ...rest } = object;
  return {
    ...rest,
    apiVersion,
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  };
}
