import { startPostgres, type PostgresServer } from '@sallyport/testing';
import pg from 'pg';
import { type Catalog, loadParser, PostgresInspector, readCatalog } from '../../index.js';
import { printInspection, shopSchema, shopSession } from './scratch-shop.js';

/** Places where values, rows and work hide: what inherits, what is computed, what is made by the hundred. */
const hidingPlaces = `
  CREATE SCHEMA secret;
  CREATE TABLE people_base (id int, name text);
  CREATE TABLE secret.agents (badge text) INHERITS (people_base);
  CREATE TABLE rated (name text, score int);
  CREATE TABLE rated_agents () INHERITS (people_base, rated);
  CREATE VIEW bases AS SELECT name FROM people_base;
  CREATE TABLE days (day int, note text) PARTITION BY RANGE (day);
  DO $$ BEGIN FOR i IN 1..40 LOOP
    EXECUTE format('CREATE TABLE days_%s PARTITION OF days FOR VALUES FROM (%s) TO (%s)', i, i, i + 1);
  END LOOP; END $$;
  CREATE TABLE secret.days_far PARTITION OF days FOR VALUES FROM (100) TO (200);
  ALTER TABLE customers ADD tail text GENERATED ALWAYS AS (right(ssn, 4) || city) STORED;
  CREATE TYPE evil.holder AS (n evil.noisy);
  CREATE TYPE evil.span AS RANGE (subtype = evil.noisy);
  CREATE TABLE wide (${Array.from({ length: 500 }, (_, i) => `c${i} int`).join(', ')});
`;

let server: PostgresServer;
let catalog: Catalog;

beforeAll(async () => {
  await loadParser();
  server = await startPostgres({ version: '18' });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(shopSchema + hidingPlaces);
  await client.query(`SET search_path = ''`);
  catalog = await readCatalog(async (text) => (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows);
  await client.end();
}, 120_000);
afterAll(() => server?.stop());

function look(sql: string): { effects: readonly string[]; results: string; used: string } {
  const printed = printInspection(new PostgresInspector('shop').inspect(sql, catalog, shopSession()));
  if (typeof printed === 'string') return { effects: [], results: printed, used: '' };
  return { effects: printed.effects, results: printed.results.join('; '), used: printed.used.join(' ') };
}

describe('rows that are reached through another relation', () => {
  test('reading a parent reads what inherits from it, and what that inherits besides', () => {
    expect(look('SELECT name FROM people_base')).toEqual({
      effects: [
        'select public.people_base(name)',
        'select public.rated(name)',
        'select public.rated_agents(name)',
        'select secret.agents(name)',
      ],
      results: '=people_base.name+rated.name+rated_agents.name+secret.agents.name',
      used: '',
    });
    expect(look('SELECT name FROM bases').effects).toContain('select secret.agents(name)');
    expect(look('SELECT id FROM secret.agents').effects).toEqual([
      'select public.people_base(id)',
      'select secret.agents(id)',
    ]);
  });

  test('ONLY leaves them out', () => {
    expect(look('SELECT name FROM ONLY people_base').effects).toEqual(['select public.people_base(name)']);
  });

  test.each([
    ["UPDATE people_base SET name = 'x'", 'update secret.agents(name)'],
    ['DELETE FROM people_base', 'delete secret.agents'],
    ['TRUNCATE people_base', 'truncate secret.agents'],
    ['LOCK TABLE people_base', 'update secret.agents()'],
    ['SELECT id FROM people_base FOR UPDATE', 'update secret.agents()'],
    ['INSERT INTO days VALUES (150)', 'insert secret.days_far(day,note)'],
    ['ALTER TABLE people_base DROP COLUMN name', 'alter secret.agents'],
  ])('%s reaches them', (sql, effect) => {
    expect(look(sql).effects).toContain(effect);
  });

  test('an insert stays where it was put', () => {
    expect(look('INSERT INTO people_base VALUES (1)').effects).toEqual(['insert public.people_base(id,name)']);
  });

  test('many partitions beside their table stand under its name, one elsewhere does not', () => {
    expect(look('SELECT note FROM days').effects).toEqual(['select public.days(note)', 'select secret.days_far(note)']);
    const inspection = new PostgresInspector('shop').inspect('SELECT note FROM days', catalog, shopSession());
    expect(inspection.ok && inspection.statements[0]!.relations).toHaveLength(42);
  });
});

test('a generated column holds what it is computed from', () => {
  expect(look('SELECT tail FROM customers').results).toBe('~customers.city+customers.ssn+customers.tail');
});

test('a star leaves out the columns of SEARCH and CYCLE below their level, so nothing is known by position', () => {
  const query = `WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 2) SEARCH DEPTH FIRST BY a SET seq
    SELECT x.p2 || '' FROM (SELECT t.*, c.ssn, c.name FROM t, customers c) x(p1, p2, p3)`;
  expect(look(query).results).toMatch(/customers\.ssn/);
});

test('EXPLAIN ANALYZE tells of every column that its body reads', () => {
  const body = 'WITH x AS MATERIALIZED (SELECT left(ssn, 3) FROM customers) SELECT count(*) FROM x';
  expect(look(`EXPLAIN (ANALYZE, BUFFERS) ${body}`).used).toBe('customers.ssn');
  expect(look(`EXPLAIN ${body}`).used).toBe('');
});

test.each([
  // The size of what comes out would tell, by an error where it grows too large.
  'SELECT (ssn = $1)::text FROM customers',
  'SELECT ltrim(ssn, $1) FROM customers',
  "SELECT replace(ssn, '1', 'xx') FROM customers",
  "SELECT translate(ssn, '1', '') FROM customers",
  "SELECT nullif(ssn, $1) || 'x' FROM customers",
  'SELECT left($1, length(ssn)) FROM customers',
  "SELECT (ARRAY['a', 'bb'])[length(ssn)] FROM customers",
  "SELECT (row(ssn)::text::jsonb)['a'] FROM customers",
  'SELECT greatest(ssn, $1) FROM customers',
  'SELECT max(v) FROM (SELECT ssn AS v FROM customers UNION ALL SELECT $1) u',
  'SELECT array_agg(DISTINCT v) FROM (SELECT ssn AS v FROM customers UNION ALL SELECT $1) u',
  'SELECT sum(length(ssn)) FROM customers',
])('%s uses the column', (sql) => {
  expect(look(sql).used).toBe('customers.ssn');
});

test.each(["SELECT meta->'a' FROM customers", "SELECT meta['a'] FROM customers", "SELECT meta || '{}' FROM customers"])(
  '%s uses the document',
  (sql) => {
    expect(look(sql).used).toBe('customers.meta');
  },
);

test.each([
  ["SELECT ROW('x')::evil.holder", 'call evil.holder'],
  ["SELECT '[a,b)'::evil.span", 'call evil.span'],
  ["SELECT pg_input_is_valid('x', 'evil.noisy')", 'call pg_catalog.pg_input_is_valid'],
  ["SELECT record_in('(x)', 'evil.holder'::regtype, -1)", 'call pg_catalog.record_in'],
])('%s runs the check of a domain', (sql, effect) => {
  expect(look(sql).effects).toContain(effect);
});

test('a name that the encoding of the database would cut elsewhere is refused', () => {
  const inspector = new PostgresInspector('shop');
  const inLatin1 = (sql: string): boolean =>
    inspector.inspect(sql, { ...catalog, revision: 'latin1', encoding: 'LATIN1' }, shopSession()).ok;
  const long = 'é'.repeat(40);
  for (const sql of [
    `PREPARE "${long}" AS SELECT 1`,
    `SELECT ${long}.id FROM customers ${long}`,
    `WITH ${long} AS (SELECT 1) SELECT 1`,
  ]) {
    expect([sql, inLatin1(sql)]).toEqual([sql, false]);
    expect([sql, inspector.inspect(sql, catalog, shopSession()).ok]).toEqual([sql, true]);
  }
  for (const sql of [
    `SELECT id AS "${'é'.repeat(15)}" FROM customers`,
    `SELECT id AS ${'n'.repeat(80)} FROM customers WHERE name = '${long}'`,
    `COMMENT ON TABLE customers IS '${'é'.repeat(31)}'`,
  ]) {
    expect([sql, inLatin1(sql)]).toEqual([sql, true]);
  }
});

describe('a short text cannot ask for much work', () => {
  const repeated = (times: number, part: (index: number) => string, separator: string): string =>
    Array.from({ length: times }, (_, index) => part(index)).join(separator);

  test.each([
    [
      'WITH queries that double',
      `WITH a0 AS (TABLE customers), ${repeated(40, (i) => `a${i + 1} AS (SELECT * FROM a${i} x, a${i} y)`, ', ')} SELECT 1`,
    ],
    [
      'nested recursion',
      `${repeated(40, (i) => `WITH RECURSIVE q${i} AS (`, '')}SELECT 1${repeated(40, () => ') SELECT 1', '')}`,
    ],
    ['joins of wide tables', `SELECT 1 FROM wide w ${repeated(400, (i) => `JOIN wide w${i} ON true`, ' ')}`],
    ['whole rows', `SELECT ${repeated(2000, () => 'w', ', ')} FROM wide w`],
    ['stars', `SELECT ${repeated(2000, () => '*', ', ')} FROM wide`],
    ['wide unions', repeated(500, () => 'TABLE wide', ' UNION ALL ')],
    ['natural joins', `SELECT 1 FROM wide ${repeated(300, (i) => `NATURAL JOIN wide w${i}`, ' ')}`],
  ])('%s', (_, sql) => {
    expect(look(sql).results).toBe('unsupported: the statement is too complex');
  });

  test('many objects', () => {
    const calls = repeated(5001, (i) => `f${i}()`, ', ');
    expect(look(`SELECT ${calls}`).results).toBe('unsupported: a statement may touch 5000 objects at most');
  });

  test('many statements', () => {
    expect(look('BEGIN;'.repeat(2001)).results).toBe('unsupported: a text may have 2000 statements at most');
  });

  test('what is remembered of it counts with its size', () => {
    const inspector = new PostgresInspector('shop', { cacheSize: 800_000 });
    const isRemembered = (sql: string): boolean =>
      inspector.inspect(sql, catalog, shopSession()) === inspector.inspect(sql, catalog, shopSession());
    expect(isRemembered('SELECT id FROM customers ORDER BY 1')).toBe(true);
    expect(isRemembered(`SELECT ${repeated(30, () => 'w', ', ')} FROM wide w ORDER BY 1`)).toBe(false);
  });

  test('one text too complex takes nothing from the next', () => {
    const inspector = new PostgresInspector('shop');
    inspector.inspect(`SELECT ${repeated(2000, () => '*', ', ')} FROM wide`, catalog, shopSession());
    expect(inspector.inspect('SELECT * FROM wide', catalog, shopSession()).ok).toBe(true);
  });
});

test('a natural join shows the columns it compares in the order of its left side', () => {
  expect(
    look('SELECT * FROM (SELECT city, id FROM customers) a NATURAL JOIN (SELECT id, city FROM customers) b').results,
  ).toBe('=customers.city =customers.id');
});
