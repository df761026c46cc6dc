import { createHash } from 'node:crypto';
import type { Action, ClassifiedField, Decision, Verb } from '@sallyport/domain';
import { BoundedMap } from '../bounded-map.js';
import { scopeHolds, uid } from '../language/scope.js';
import type { Statement } from '../language/statement.js';
import type { Language } from '../language/vocabulary.js';
import { wordOf } from '../language/vocabulary.js';
import type { PolicyIndex } from '../slicing/policy-index.js';
import type { Slice, SliceTable } from '../slicing/slice.js';
import type { JudgedEntity, ResourceEntities } from './entities.js';
import type { Applying } from './evaluate.js';
import { applying } from './evaluate.js';
import type { RequestContext } from './request-context.js';

/** Decisions, and answers of Cedar, kept per scope. */
const maxKept = 4096;
/** A longer key is kept as its digest: whoever sends large requests must not fill the memory with them. UTF-16 code units. */
const maxKeyLength = 1024;

/** One principal on one resource under one revision: the statements that can matter, and the decisions made so far. */
export class SessionScope {
  readonly #candidates: readonly Statement[];
  readonly #byVerb = new Map<Verb, { readonly all: readonly Statement[]; readonly columns: readonly Statement[] }>();
  readonly #byFingerprint = new BoundedMap<string, Decision>(maxKept);
  /** Adapters use a list of classified fields for many requests. */
  readonly #fieldKeys = new WeakMap<readonly ClassifiedField[], string>();
  readonly #answers = new BoundedMap<string, Applying>(maxKept);

  constructor(
    readonly principal: JudgedEntity,
    readonly resource: ResourceEntities,
    readonly language: Language,
    index: PolicyIndex,
    readonly slices: SliceTable,
    /** Verbs that the session's credential is for; undefined: it was not narrowed. */
    readonly verbs?: ReadonlySet<string>,
  ) {
    this.#candidates = index.about(principal, {
      name: resource.resource.name,
      labels: resource.labels.map(uid),
      tags: resource.tags.map(uid),
    });
  }

  /** The statements that say something about doing this to this object. */
  sliceFor(verb: Verb, object: JudgedEntity): Slice {
    return this.slices.of(this.#about(verb).all.filter(({ resource }) => scopeHolds(resource, object)));
  }

  /**
   * The statements that may apply to a column of a table and are not settled by how they apply to the table: those whose
   * scope reaches the column alone, and those whose conditions look at the object.
   */
  columnSlice(verb: Verb, table: JudgedEntity, column: JudgedEntity): Slice {
    const open = this.#about(verb).columns.filter(
      ({ resource, reads }) => scopeHolds(resource, column) && (reads.resource || !scopeHolds(resource, table)),
    );
    return this.slices.of(open);
  }

  /** Statements of this action that can tell a column from its table; most often none. */
  columnStatements(verb: Verb): readonly Statement[] {
    return this.#about(verb).columns;
  }

  /**
   * Asks Cedar, once for questions whose every difference the statements cannot see: new requests are often about old
   * objects, and one request about thousands that no statement names. Entities have no attributes here, so an object is
   * its type and those of its names that the statements mention.
   */
  applying(slice: Slice, verb: Verb, object: JudgedEntity, context: RequestContext): Applying {
    const ask = () => applying(slice, { principal: this.principal, verb, language: this.language, object, context });
    if (readsClock(slice)) return ask();
    const named = [...object.within].filter((name) => slice.names.has(name)).sort();
    const key = JSON.stringify([verb, object.type, named, slice.key, context.digest(slice.reads)]);
    const known = this.#answers.get(key);
    if (known) return known;
    const answer = ask();
    this.#answers.set(key, answer);
    return answer;
  }

  /** By what policy can see of the action. A busy session's actions are new objects that share this one text. */
  kept(action: Action): Decision | undefined {
    return this.#byFingerprint.get(this.#keyOf(action));
  }

  keep(action: Action, decision: Decision): void {
    this.#byFingerprint.set(this.#keyOf(action), decision);
  }

  #keyOf({ fingerprint, lineage: { fields } }: Action): string {
    if (!fields) return bounded(fingerprint);
    let key = this.#fieldKeys.get(fields);
    if (key === undefined) this.#fieldKeys.set(fields, (key = JSON.stringify(fields)));
    return bounded(`${key}${fingerprint}`);
  }

  #about(verb: Verb) {
    const known = this.#byVerb.get(verb);
    if (known) return known;
    const names = [verb, ...(wordOf(this.language, verb)?.groups ?? [])];
    const all = this.#candidates.filter(({ action }) => !action || names.some((name) => action.has(name)));
    const about = { all, columns: all.filter(tellsColumnsApart) };
    this.#byVerb.set(verb, about);
    return about;
  }
}

/** Equal for equal keys alone: what requests say has no NUL in it, neither in JSON nor in SQL. */
function bounded(key: string): string {
  return key.length <= maxKeyLength ? key : `\0${createHash('sha256').update(key).digest('base64')}`;
}

/** Context that changes by itself: what is decided by it cannot be kept. */
const clockAttributes = ['time', 'hour', 'weekday'];

export function readsClock(slice: Slice): boolean {
  return clockAttributes.some((name) => slice.reads.has(name));
}

/** Any other scope holds for a column only where it holds for the table, and then the table's answer is the column's. */
function tellsColumnsApart({ resource, reads }: Statement): boolean {
  if (reads.resource) return true;
  if (resource.op === 'any') return false;
  if (resource.op === 'is') return resource.type === 'Column';
  return resource.entity.type === 'Column' || resource.entity.type === 'Tag';
}
