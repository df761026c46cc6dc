import type { ColumnRef } from '@sallyport/domain';
import type { ClassifiedColumn } from '@sallyport/enforcement';
import type { Catalog, CatalogRelation } from '@sallyport/sql';

/** A catalog together with what the classification means in it. */
export interface CatalogView {
  readonly catalog: Catalog;
  /** Classified columns by relation oid and attribute number. */
  readonly classified: ReadonlyMap<number, ReadonlyMap<number, ColumnRef>>;
  /**
   * Relations in which a classified column goes by a name that nobody classified: renamed, moved, or never there. A
   * statement that rests on one of them is refused until the classification names what is there.
   */
  readonly displaced: ReadonlySet<number>;
}

/**
 * Remembers which relation and attribute each classified name has ever meant. Policy knows columns by name; a rename must
 * not turn a classified column into one that nobody knows.
 */
export class Classification {
  readonly #known = new Map<string, Map<string, { oid: number; attnum: number }>>();
  #warned = new Set<string>();

  constructor(
    private readonly columns: readonly ClassifiedColumn[],
    private readonly warn: (message: string) => void,
  ) {}

  view(catalog: Catalog): CatalogView {
    const classified = new Map<number, Map<number, ColumnRef>>();
    const displaced = new Set<number>();
    const names = new Set(this.columns.map(({ column }) => nameOf(column.schema, column.table, column.column)));
    for (const { column } of this.columns) this.#locate(catalog, column, displaced);
    for (const { column } of this.columns) {
      for (const { oid, attnum } of this.#placesOf(column).values()) {
        const relation = catalog.relationByOid(oid);
        const current = relation?.columns.find((each) => each.attnum === attnum);
        if (!relation || !current) continue; // dropped
        let attributes = classified.get(oid);
        if (!attributes) classified.set(oid, (attributes = new Map()));
        const name = nameOf(relation.schema, relation.name, current.name);
        if (name === nameOf(column.schema, column.table, column.column)) attributes.set(attnum, column);
        else if (!names.has(name)) this.#displace(relation, column, displaced);
      }
    }
    return { catalog, classified, displaced };
  }

  /** Takes over what another classification of the same database remembers about the columns of this one. */
  inherit(older: Classification): void {
    for (const { column } of this.columns) {
      for (const [key, place] of older.#placesOf(column)) this.#placesOf(column).set(key, place);
    }
  }

  #locate(catalog: Catalog, column: ColumnRef, displaced: Set<number>): void {
    const relation = catalog.relation(column.schema, column.table);
    if (!relation) return this.#warnOnce(`classified column ${describe(column)}: there is no such table`);
    const found = relation.columns.find((each) => each.name === column.column);
    if (!found) return this.#displace(relation, column, displaced);
    this.#placesOf(column).set(`${relation.oid}.${found.attnum}`, { oid: relation.oid, attnum: found.attnum });
  }

  #displace(relation: CatalogRelation, column: ColumnRef, displaced: Set<number>): void {
    displaced.add(relation.oid);
    this.#warnOnce(
      `classified column ${describe(column)} is not in ${relation.schema}.${relation.name} under its name: ` +
        'statements on that relation are refused until the classification is corrected',
    );
  }

  #placesOf(column: ColumnRef): Map<string, { oid: number; attnum: number }> {
    const name = nameOf(column.schema, column.table, column.column);
    let places = this.#known.get(name);
    if (!places) this.#known.set(name, (places = new Map()));
    return places;
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.warn(message);
  }
}

function nameOf(...parts: readonly string[]): string {
  return parts.join('\0');
}

function describe(column: ColumnRef): string {
  return `${column.schema}.${column.table}.${column.column}`;
}
