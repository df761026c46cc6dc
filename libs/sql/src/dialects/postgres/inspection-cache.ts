import type { Catalog } from './catalog.js';
import type { SqlSession } from './inspection.js';

/**
 * Bounded by number and by size. Two generations: what is found in the old one moves to the young, and when the young
 * is full it becomes the old and the old is forgotten. A hit in the young one writes nothing.
 */
export class InspectionCache<V> {
  #young = new Map<string, { readonly value: V; readonly size: number }>();
  #old = new Map<string, { readonly value: V; readonly size: number }>();
  #youngSize = 0;

  /** @param maxEntries and @param maxSize (characters of keys plus what the values are said to weigh) of both together. */
  constructor(
    readonly maxEntries: number,
    readonly maxSize: number,
  ) {}

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young) return young.value;
    const old = this.#old.get(key);
    if (old) this.set(key, old.value, old.size - key.length);
    return old?.value;
  }

  set(key: string, value: V, valueSize: number): void {
    const size = key.length + valueSize;
    if (size > this.maxSize / 2) return;
    const before = this.#young.get(key)?.size ?? 0;
    if (this.#young.size >= this.maxEntries / 2 || this.#youngSize - before + size > this.maxSize / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSize = 0;
    } else {
      this.#youngSize -= before;
    }
    this.#young.set(key, { value, size });
    this.#youngSize += size;
  }

  get count(): number {
    return this.#young.size + this.#old.size;
  }
}

/** Everything but the text that a meaning depends on. */
interface Circumstances {
  readonly revision: string;
  readonly searchPath: readonly string[];
  readonly temporary: readonly string[];
}

/** Sessions of one resource mostly share their circumstances; each distinct one has a cache of its own. */
const maxShards = 8;

/** What is remembered under one set of circumstances. */
export interface InspectionShard<V> {
  /** By normal form, where every text of that form means the same. */
  readonly forms: InspectionCache<V>;
  /** By exact text. */
  readonly texts: InspectionCache<V>;
}

/** A shard for each combination of catalog, search path and temporary relations; few are alive at a time. */
export class InspectionShards<V> {
  /** Most recently used first. */
  #shards: { readonly at: Circumstances; readonly shard: InspectionShard<V> }[] = [];

  /** Bounds of all shards together. */
  constructor(
    readonly maxEntries: number,
    readonly maxSize: number,
  ) {}

  for(catalog: Catalog, session: SqlSession): InspectionShard<V> {
    const first = this.#shards[0];
    if (first && matches(first.at, catalog, session)) return first.shard;
    const found = this.#shards.find(({ at }) => matches(at, catalog, session)) ?? {
      at: {
        revision: catalog.revision,
        searchPath: [...session.searchPath],
        temporary: [...session.tempRelations],
      },
      shard: { forms: this.#cache(), texts: this.#cache() },
    };
    this.#shards = [found, ...this.#shards.filter((other) => other !== found)].slice(0, maxShards);
    return found.shard;
  }

  #cache(): InspectionCache<V> {
    const caches = 2 * maxShards;
    return new InspectionCache<V>(Math.ceil(this.maxEntries / caches), Math.ceil(this.maxSize / caches));
  }
}

function matches(at: Circumstances, catalog: Catalog, session: SqlSession): boolean {
  if (at.revision !== catalog.revision || !sameNames(at.searchPath, session.searchPath)) return false;
  if (at.temporary.length !== session.tempRelations.size) return false;
  for (const name of at.temporary) if (!session.tempRelations.has(name)) return false;
  return true;
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
