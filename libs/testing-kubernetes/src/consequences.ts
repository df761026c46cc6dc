import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.js';
import { at, timestamp } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceKind } from './resource-kind.js';

/** What controllers do about a new object. */
export function afterCreate(cluster: Cluster, kind: ResourceKind, object: KubernetesObject): void {
  if (kind.kind === 'Namespace') addDefaultAccount(cluster, object.metadata.name);
  if (kind.kind === 'CustomResourceDefinition') establish(cluster, kind, object);
}

export function afterUpdate(cluster: Cluster, kind: ResourceKind, object: KubernetesObject): void {
  if (kind.kind === 'CustomResourceDefinition') cluster.registry.define(object);
}

export function afterDelete(cluster: Cluster, kind: ResourceKind, object: KubernetesObject): void {
  if (kind.kind === 'Namespace') {
    for (const { collection, object: inside } of cluster.store.everything()) {
      if (inside.metadata.namespace === object.metadata.name) cluster.store.remove(collection, inside);
    }
  }
  if (kind.kind === 'CustomResourceDefinition') {
    for (const custom of cluster.registry.all().filter((k) => `${k.plural}.${k.group}` === object.metadata.name)) {
      for (const resource of cluster.store.list(custom)) cluster.store.remove(custom, resource);
    }
    cluster.registry.forget(object.metadata.name);
  }
}

function addDefaultAccount(cluster: Cluster, namespace: string): void {
  cluster.store.put(cluster.kind('', 'serviceaccounts'), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace, uid: randomUUID(), resourceVersion: '', creationTimestamp: timestamp() },
  });
}

function establish(cluster: Cluster, kind: ResourceKind, definition: KubernetesObject): void {
  cluster.registry.define(definition);
  const conditions = ['NamesAccepted', 'Established'].map((type) => ({
    type,
    status: 'True',
    reason: type === 'Established' ? 'InitialNamesAccepted' : 'NoConflicts',
    message: '',
    lastTransitionTime: timestamp(),
  }));
  const acceptedNames = at(definition, 'spec', 'names');
  cluster.store.put(kind, { ...definition, status: { conditions, acceptedNames, storedVersions: ['v1'] } });
}
