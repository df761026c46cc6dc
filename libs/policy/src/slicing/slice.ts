import { BoundedMap } from '../bounded-map.js';
import type { Uid } from '../language/scope.js';
import type { Statement } from '../language/statement.js';
import { entitiesNamedBy } from '../language/statement.js';

/** The statements whose scope fits one question; what Cedar evaluates instead of the whole set. */
export class Slice {
  /** Equal for slices of the same statements. */
  readonly key: string;
  /** Every context attribute that some statement reads. */
  readonly reads: ReadonlySet<string>;
  /** Every entity that some statement names. */
  readonly names: ReadonlySet<Uid>;
  /** By the ids that Cedar knows them by. */
  readonly byId: ReadonlyMap<string, Statement>;
  /** The statements without the forbids that approval lifts. */
  readonly #withoutApprovalForbids: readonly Statement[];
  #reduced: Slice | undefined;

  constructor(readonly statements: readonly Statement[]) {
    this.key = keyOf(statements);
    this.reads = new Set(statements.flatMap((statement) => [...statement.reads.context]));
    this.names = new Set(statements.flatMap((statement) => [...entitiesNamedBy(statement)]));
    this.byId = new Map(statements.map((statement) => [`s${statement.index}`, statement]));
    this.#withoutApprovalForbids = statements.filter(({ effect, approval }) => effect === 'permit' || !approval);
  }

  withoutApprovalForbids(): Slice {
    if (this.#withoutApprovalForbids.length === this.statements.length) return this;
    this.#reduced ??= new Slice(this.#withoutApprovalForbids);
    return this.#reduced;
  }
}

function keyOf(statements: readonly Statement[]): string {
  return statements.map(({ index }) => index).join(' ');
}

/** One `Slice` per list of statements, so that a list is handed to Cedar once. Bounded; the oldest goes first. */
export class SliceTable {
  readonly #slices: BoundedMap<string, Slice>;

  constructor(capacity: number) {
    this.#slices = new BoundedMap(capacity);
  }

  of(statements: readonly Statement[]): Slice {
    const key = keyOf(statements);
    const known = this.#slices.get(key);
    if (known) return known;
    const slice = new Slice(statements);
    this.#slices.set(key, slice);
    return slice;
  }

  /** Forgets every slice and returns them, the reduced ones too. */
  drain(): Slice[] {
    const all = [...this.#slices.values()].flatMap((slice) => [slice, slice.withoutApprovalForbids()]);
    this.#slices.clear();
    return all;
  }
}
