import type { ColumnRef, Effect, Lineage } from '@sallyport/domain';
import { idPart } from '@sallyport/domain';
import type { Inspection, SqlSession } from './inspection.js';

/** The schema that tests ask about; used by tests only. */
export const shopSchema = `
  CREATE TABLE customers (id int PRIMARY KEY, name text, email text, ssn text, city text, meta jsonb, born date);
  CREATE TABLE orders (id serial PRIMARY KEY, customer_id int REFERENCES customers, item text, amount numeric,
    total numeric GENERATED ALWAYS AS (amount * 2) STORED);
  CREATE VIEW people AS SELECT id, name, upper(ssn) AS code, email FROM customers WHERE city IS NOT NULL;
  CREATE VIEW buyers AS SELECT p.id, p.name, p.code, o.item FROM people p JOIN orders o ON o.customer_id = p.id;
  CREATE MATERIALIZED VIEW cities AS SELECT city, count(*) AS residents FROM customers GROUP BY city;
  CREATE TABLE visits (day int, ssn text) PARTITION BY RANGE (day);
  CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (100);
  CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
  CREATE FUNCTION pairs() RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT 1, ''x''';
  CREATE VIEW shouted AS SELECT shout(name) AS loud FROM customers;
  CREATE VIEW constants AS SELECT 1 AS one FROM orders;
  CREATE SCHEMA evil;
  CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
  CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
  CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.same);
  CREATE DOMAIN evil.noisy AS text CHECK (evil.same(VALUE, VALUE));
  CREATE TABLE evil.customers (id int, ssn text);
`;

export function shopSession(changes: Partial<SqlSession> = {}): SqlSession {
  return {
    searchPath: ['pg_catalog', 'public'],
    tempRelations: new Set(),
    prepared: new Map(),
    cursors: new Map(),
    ...changes,
  };
}

/** `select public.orders(id,item)`, `call pg_catalog.pg_sleep`, `alter schema public`, `connect`. */
export function printEffect({ verb, object, columns }: Effect): string {
  const list = columns ? `(${columns.join(',')})` : '';
  switch (object.kind) {
    case 'Resource':
      return verb;
    case 'Schema':
      return `${verb} schema ${idPart(object.schema)}`;
    case 'Table':
      return `${verb} ${idPart(object.schema)}.${idPart(object.table)}${list}`;
    case 'Function':
      return `${verb} ${idPart(object.schema)}.${idPart(object.name)}`;
    default:
      return `${verb} ${object.kind}`;
  }
}

function printColumn({ schema, table, column }: ColumnRef): string {
  return `${schema === 'public' ? '' : `${schema}.`}${table}.${column}`;
}

/** `=customers.id` is the column itself, `~customers.ssn` something made of it, `-` holds no column. */
export function printResult(result: Lineage['results'][number]): string {
  if (result === null || result === 'opaque') return result ?? 'none';
  const columns = result.columns.map(({ direct, sources }) =>
    sources.length === 0 ? '-' : `${direct ? '=' : '~'}${sources.map(printColumn).sort().join('+')}`,
  );
  return `${result.form === 'copy' ? 'copy ' : ''}${columns.join(' ')}`;
}

export interface Printed {
  readonly kind: string;
  readonly effects: readonly string[];
  readonly results: readonly string[];
  readonly used: readonly string[];
  readonly changes: readonly string[];
}

/** An inspection as a test writes it; a refusal as its message. */
export function printInspection(inspection: Inspection): Printed | string {
  if (!inspection.ok) return `${inspection.code}: ${inspection.message}`;
  const { action, statements } = inspection;
  return {
    kind: action.kind,
    effects: action.effects.map(printEffect).sort(),
    results: action.lineage.results.map(printResult),
    used: [...new Set(action.lineage.usedElsewhere.map(printColumn))].sort(),
    changes: statements.flatMap((statement) => statement.changes.map((change) => change.kind)),
  };
}
