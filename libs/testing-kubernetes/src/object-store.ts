import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceKind } from './resource-kind.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';
/** One change; the revision is also the `resourceVersion` of the object. */
export interface Change {
  readonly revision: number;
  readonly type: ChangeType;
  readonly collection: string;
  readonly object: KubernetesObject;
  /** As it was before; undefined when it was not. */
  readonly previous?: KubernetesObject;
}
type Listener = (change: Change) => void;
/** Which objects of a collection: all namespaces when there is none. */
export type Collection = Pick<ResourceKind, 'storedAs'>;

const maxHistory = 20_000;

/** What etcd is to the real server: objects by key, one revision for all, and the changes since. */
export class ObjectStore {
  #revision = 1;
  /** Changes up to this revision are forgotten. */
  #compacted = 1;
  #history: Change[] = [];
  readonly #collections = new Map<string, Map<string, KubernetesObject>>();
  readonly #sorted = new Map<string, readonly KubernetesObject[]>();
  readonly #listeners = new Set<Listener>();

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compacted;
  }

  get(collection: Collection, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.#collections.get(nameOf(collection))?.get(keyOf(namespace, name));
  }

  /** Ordered by namespace and name, as etcd's keys are. */
  list(collection: Collection, namespace?: string): readonly KubernetesObject[] {
    const name = nameOf(collection);
    let sorted = this.#sorted.get(name);
    if (!sorted) {
      const entries = [...(this.#collections.get(name) ?? [])].sort(([left], [right]) => (left < right ? -1 : 1));
      sorted = entries.map(([, object]) => object);
      this.#sorted.set(name, sorted);
    }
    return namespace === undefined ? sorted : sorted.filter((object) => object.metadata.namespace === namespace);
  }

  /** Objects of every collection. */
  everything(): readonly { readonly collection: string; readonly object: KubernetesObject }[] {
    return [...this.#collections].flatMap(([collection, objects]) =>
      [...objects.values()].map((object) => ({ collection, object })),
    );
  }

  /** Stores a new or changed object under the next revision and returns it as stored. */
  put(collection: Collection, object: KubernetesObject): KubernetesObject {
    const name = nameOf(collection);
    const objects = this.#collections.get(name) ?? new Map<string, KubernetesObject>();
    this.#collections.set(name, objects);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = objects.get(key);
    const stored = this.#revise(object);
    objects.set(key, stored);
    this.#record({ type: previous ? 'MODIFIED' : 'ADDED', collection: name, object: stored, previous });
    return stored;
  }

  /** Removes an object and returns it under the revision of its end, as watchers see it. */
  remove(collection: Collection | string, object: KubernetesObject): KubernetesObject {
    const name = typeof collection === 'string' ? collection : nameOf(collection);
    const { namespace, name: objectName } = object.metadata;
    this.#collections.get(name)?.delete(keyOf(namespace, objectName));
    const last = this.#revise(object);
    this.#record({ type: 'DELETED', collection: name, object: last, previous: object });
    return last;
  }

  /** The changes of a collection after a revision; undefined when they are forgotten already. */
  changesSince(collection: Collection, revision: number): readonly Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    const name = nameOf(collection);
    return this.#history.filter((change) => change.revision > revision && change.collection === name);
  }

  /** Forgets the history: watches and continued lists of older revisions get 410. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#revision;
  }

  /** @returns ends the subscription */
  subscribe(collection: Collection, listener: Listener): () => void {
    const name = nameOf(collection);
    const filtered: Listener = (change) => {
      if (change.collection === name) listener(change);
    };
    this.#listeners.add(filtered);
    return () => this.#listeners.delete(filtered);
  }

  #revise(object: KubernetesObject): KubernetesObject {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #record(change: Omit<Change, 'revision'>): void {
    this.#sorted.delete(change.collection);
    const recorded = { ...change, revision: this.#revision };
    this.#history.push(recorded);
    if (this.#history.length > 2 * maxHistory) {
      this.#history = this.#history.slice(-maxHistory);
      this.#compacted = (this.#history[0]?.revision ?? this.#revision) - 1;
    }
    for (const listener of this.#listeners) listener(recorded);
  }
}

function nameOf(collection: Collection): string {
  return `${collection.storedAs.group}/${collection.storedAs.plural}`;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
