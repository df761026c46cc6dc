import { startPostgres, type PostgresServer } from '@sallyport/testing';
import pg from 'pg';
import {
  type Catalog,
  loadParser,
  PostgresInspector,
  readCatalog,
  type SessionChange,
  type SqlSession,
  type StatementInspection,
} from '../../index.js';
import { printInspection, shopSchema, shopSession } from './scratch-shop.js';

let server: PostgresServer;
let catalog: Catalog;

beforeAll(async () => {
  await loadParser();
  server = await startPostgres({ version: '18' });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(shopSchema);
  await client.query(`SET search_path = ''`);
  catalog = await readCatalog(async (text) => (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows);
  await client.end();
}, 120_000);
afterAll(() => server?.stop());

function inspect(sql: string, session: SqlSession = shopSession()): readonly StatementInspection[] {
  const inspection = new PostgresInspector('shop').inspect(sql, catalog, session);
  if (!inspection.ok) throw new Error(inspection.message);
  return inspection.statements;
}

function print(sql: string, session: SqlSession): ReturnType<typeof printInspection> {
  return printInspection(new PostgresInspector('shop').inspect(sql, catalog, session));
}

function bodyOf(sql: string, kind: 'prepare' | 'declare-cursor'): StatementInspection {
  const change = inspect(sql)[0]!.changes.find((candidate) => candidate.kind === kind);
  if (!change || !('body' in change)) throw new Error('no such change');
  return change.body;
}

test('PG-30: EXECUTE has the effects and the rows of what was prepared', () => {
  const body = bodyOf('PREPARE p (int) AS DELETE FROM orders WHERE id = $1 RETURNING item', 'prepare');
  const session = shopSession({ prepared: new Map([['p', body]]) });
  expect(print('EXECUTE p (1)', session)).toEqual({
    kind: 'EXECUTE',
    effects: ['delete public.orders', 'select public.orders(id,item)'],
    results: ['=orders.item'],
    used: ['orders.id'],
    changes: [],
  });
  const [execute] = inspect('EXECUTE p (1)', session);
  expect(execute!.action.context['statement']).toMatchObject({ kind: 'delete', readOnly: false, hasWhere: true });
});

test('PG-30: a prepared text is read again with the search path of its execution', () => {
  const body = bodyOf('PREPARE p AS SELECT ssn FROM customers', 'prepare');
  const session = shopSession({ searchPath: ['evil', 'pg_catalog'], prepared: new Map([['p', body]]) });
  expect(print('EXECUTE p', session)).toMatchObject({ effects: ['select evil.customers(ssn)'] });
});

test('PG-30: SQL may execute what the protocol has parsed', () => {
  const [parsed] = inspect('SELECT ssn FROM customers WHERE id = $1');
  const session = shopSession({ prepared: new Map([['x', parsed!]]) });
  expect(print('EXECUTE x (1)', session)).toMatchObject({ results: ['=customers.ssn'], used: ['customers.id'] });
  expect(print('EXPLAIN ANALYZE EXECUTE x (1)', session)).toMatchObject({
    results: ['-'],
    effects: ['select public.customers(id,ssn)'],
  });
  expect(print('CREATE TABLE y AS EXECUTE x (1)', session)).toMatchObject({ used: ['customers.id', 'customers.ssn'] });
});

test('a prepared statement that executes itself is refused', () => {
  const [parsed] = inspect('SELECT 1');
  const looping = { ...parsed!, action: { ...parsed!.action, text: 'EXECUTE x' } };
  const session = shopSession({ prepared: new Map([['x', looping]]) });
  expect(print('EXECUTE x', session)).toMatch(/execute one another/);
});

test('PG-31: FETCH gives the rows of the cursor, MOVE none; both have its effects', () => {
  const body = bodyOf('DECLARE c CURSOR WITH HOLD FOR SELECT ssn, upper(email) FROM customers', 'declare-cursor');
  const session = shopSession({ cursors: new Map([['c', body]]) });
  const effects = ['select public.customers(email,ssn)'];
  expect(print('FETCH ALL FROM c', session)).toMatchObject({
    results: ['=customers.ssn ~customers.email'],
    effects,
  });
  expect(print('MOVE 1 IN c', session)).toMatchObject({ kind: 'MOVE', results: ['none'], effects });
  expect(print('DELETE FROM customers WHERE CURRENT OF c', session)).toMatchObject({
    effects: ['delete public.customers'],
  });
});

const changes: readonly (readonly [sql: string, changes: readonly SessionChange[], inTransaction: boolean])[] = [
  ['BEGIN', [{ kind: 'begin' }], true],
  ['START TRANSACTION READ ONLY', [{ kind: 'begin' }], true],
  ['COMMIT AND CHAIN', [{ kind: 'commit' }, { kind: 'begin' }], true],
  ['ABORT', [{ kind: 'rollback' }], true],
  ['SAVEPOINT a', [{ kind: 'savepoint' }], true],
  ['ROLLBACK TO a', [{ kind: 'rollback-to' }], true],
  ['RELEASE a', [{ kind: 'release' }], true],
  ['SET search_path = a, "B"', [{ kind: 'search-path', path: ['a', 'B'] }], false],
  ["SET search_path = ''", [{ kind: 'search-path', path: [] }], false],
  ['SET search_path TO DEFAULT', [{ kind: 'search-path', path: undefined }], false],
  ['RESET search_path', [{ kind: 'search-path', path: undefined }], false],
  ['RESET ALL', [{ kind: 'search-path', path: undefined }], false],
  ["SELECT pg_catalog.set_config('search_path', '', false)", [{ kind: 'search-path', path: [] }], false],
  ['DEALLOCATE p', [{ kind: 'deallocate', name: 'p' }], true],
  ['DEALLOCATE ALL', [{ kind: 'deallocate', name: undefined }], true],
  ['CLOSE c', [{ kind: 'close-cursor', name: 'c' }], true],
  ['CLOSE ALL', [{ kind: 'close-cursor', name: undefined }], true],
  ['DISCARD ALL', [{ kind: 'discard-all' }], false],
  ['CREATE TEMP TABLE t (a int)', [{ kind: 'create-temp', name: 't' }, { kind: 'catalog' }], true],
  ['CREATE TABLE pg_temp.t AS SELECT 1', [{ kind: 'create-temp', name: 't' }, { kind: 'catalog' }], true],
  ['DROP TABLE orders', [{ kind: 'catalog' }], true],
  ['VACUUM', [{ kind: 'catalog' }], false],
  ['CREATE INDEX CONCURRENTLY ON orders (id)', [{ kind: 'catalog' }], false],
  ['CREATE DATABASE d', [{ kind: 'catalog' }], false],
  ['DO $$ BEGIN END $$', [{ kind: 'opaque' }], true],
  ['SELECT shout($1)', [{ kind: 'opaque' }], true],
  ["SET work_mem = '64MB'", [], true],
  ["SET TIME ZONE INTERVAL '1' HOUR", [], true],
  ['EXPLAIN CREATE TABLE x AS SELECT 1', [], true],
  ['EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1', [{ kind: 'catalog' }], true],
];

test.each(changes)('%s changes the session', (sql, expected, inTransaction) => {
  const [statement] = inspect(sql);
  expect(statement!.changes).toEqual(expected);
  expect(statement!.allowedInTransaction).toBe(inTransaction);
});

test('facts for policy conditions', () => {
  const facts = (sql: string): unknown => {
    const inspection = new PostgresInspector('shop').inspect(sql, catalog, shopSession());
    return inspection.ok ? inspection.action.context['statement'] : inspection;
  };
  expect(facts('SELECT lower(name) FROM people WHERE id = $2')).toEqual({
    kind: 'select',
    hasWhere: true,
    tables: ['public.customers', 'public.people'],
    functions: ['pg_catalog.lower', 'pg_catalog.upper'],
    readOnly: true,
    parametersKnown: false,
  });
  expect(facts('DELETE FROM orders')).toMatchObject({ kind: 'delete', hasWhere: false, readOnly: false });
  expect(facts('DELETE FROM orders WHERE 1 = 1')).toMatchObject({ hasWhere: false });
  expect(facts('SELECT 1; UPDATE orders SET item = item')).toMatchObject({ kind: 'select', hasWhere: false });
  expect(facts('CREATE TABLE x ()')).toMatchObject({ kind: 'create table' });
  expect(facts('DROP MATERIALIZED VIEW cities')).toMatchObject({ kind: 'drop materialized view' });
  expect(facts('ALTER TABLE orders RENAME TO o')).toMatchObject({ kind: 'alter table' });
  expect(facts('EXPLAIN ANALYZE DELETE FROM orders')).toMatchObject({ kind: 'delete' });
  expect(facts('SELECT 1 FOR UPDATE')).toMatchObject({ readOnly: false });
});

test('COPY tells the shape of its data', () => {
  const copy = (sql: string): unknown => inspect(sql)[0]!.copy;
  const text = { delimiter: '\t', quote: '"', escape: '"', nullText: '\\N', header: false, forceQuote: [] };
  expect(copy('COPY orders (id, item) TO STDOUT')).toEqual({ ...text, direction: 'out', format: 'text', columns: 2 });
  expect(copy('COPY orders FROM STDIN BINARY')).toEqual({ ...text, direction: 'in', format: 'binary', columns: 4 });
  expect(
    copy(
      `COPY orders (id, item) TO STDOUT (FORMAT csv, DELIMITER ';', NULL 'x', HEADER, QUOTE '#', FORCE_QUOTE (item))`,
    ),
  ).toEqual({
    direction: 'out',
    format: 'csv',
    columns: 2,
    delimiter: ';',
    quote: '#',
    escape: '#',
    nullText: 'x',
    header: true,
    forceQuote: [1],
  });
  expect(copy(`COPY (SELECT 1, 2) TO STDOUT WITH CSV HEADER FORCE QUOTE *`)).toMatchObject({
    format: 'csv',
    header: true,
    forceQuote: [0, 1],
  });
});

test('relations bind a meaning to oids, and parameters are counted', () => {
  const [statement] = inspect('SELECT $1::int, $7::text FROM people');
  const oids = ['customers', 'people'].map((name) => catalog.relation('public', name)!.oid);
  expect(statement!.relations).toEqual(oids.sort((a, b) => a - b));
  expect(statement!.parameters).toBe(7);
});

test('each statement of a text keeps its own text, multi-byte characters included', () => {
  expect(inspect("SELECT 'é→😀'; DELETE FROM orders").map(({ action }) => action.text)).toEqual([
    "SELECT 'é→😀'",
    'DELETE FROM orders',
  ]);
});
