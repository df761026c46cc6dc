import type { ColumnRef, Effect, ObjectRef, TableRef, Verb } from '@sallyport/domain';
import { idPart, objectId } from '@sallyport/domain';

interface Gathered {
  readonly verb: Verb;
  readonly object: ObjectRef;
  readonly columns: Set<string> | undefined;
}

/** Verbs whose effects name the columns they touch. */
const verbsWithColumns: ReadonlySet<Verb> = new Set(['select', 'insert', 'update']);

/** Gathers what a statement would do: one effect for each verb and object, columns united. */
export class EffectCollector {
  readonly #effects = new Map<string, Gathered>();

  /** An effect on a table; columns are kept for verbs where they have a meaning. */
  table(verb: Verb, object: TableRef, columns: Iterable<string> = []): void {
    const gathered = this.#entry(verb, object, verbsWithColumns.has(verb));
    if (gathered.columns) for (const column of columns) gathered.columns.add(column);
  }

  read(column: ColumnRef): void {
    const { resource, schema, table } = column;
    this.table('select', { kind: 'Table', resource, schema, table }, [column.column]);
  }

  other(verb: Verb, object: ObjectRef): void {
    if (object.kind === 'Table') this.table(verb, object);
    else this.#entry(verb, object, false);
  }

  /** Takes over effects that were gathered elsewhere: a view's, a prepared statement's. */
  adopt(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.object.kind === 'Table') this.table(effect.verb, effect.object, effect.columns);
      else this.other(effect.verb, effect.object);
    }
  }

  /** Ids without the resource, such as `public.customers`, of every table touched. */
  tableNames(): string[] {
    const names = new Set<string>();
    for (const { object } of this.#effects.values()) {
      if (object.kind === 'Table') names.add(`${idPart(object.schema)}.${idPart(object.table)}`);
    }
    return [...names].sort();
  }

  /** Every column that is selected. */
  columnsRead(): ColumnRef[] {
    return [...this.#effects.values()].flatMap(({ verb, object, columns }) => {
      if (verb !== 'select' || object.kind !== 'Table' || !columns) return [];
      return [...columns].map((column): ColumnRef => ({ ...object, kind: 'Column', column }));
    });
  }

  list(): Effect[] {
    return [...this.#effects.values()].map(({ verb, object, columns }) =>
      columns ? { verb, object, columns: [...columns].sort() } : { verb, object },
    );
  }

  #entry(verb: Verb, object: ObjectRef, withColumns: boolean): Gathered {
    const key = `${verb} ${object.kind} ${objectId(object)}`;
    let gathered = this.#effects.get(key);
    if (!gathered) {
      gathered = { verb, object, columns: withColumns ? new Set() : undefined };
      this.#effects.set(key, gathered);
    }
    return gathered;
  }
}
