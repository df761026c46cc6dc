import { startPostgres, type PostgresServer } from '@sallyport/testing';
import pg from 'pg';
import { type Catalog, loadParser, PostgresInspector, readCatalog } from '../../index.js';
import { printInspection, shopSchema, shopSession } from './scratch-shop.js';

let server: PostgresServer;
let catalog: Catalog;

beforeAll(async () => {
  await loadParser();
  server = await startPostgres({ version: '15' });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(shopSchema);
  await client.query(`SET search_path = ''`);
  catalog = await readCatalog(async (text) => (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows);
  await client.end();
}, 120_000);
afterAll(() => server?.stop());

function effects(sql: string, session = shopSession()): string {
  const printed = printInspection(new PostgresInspector('shop').inspect(sql, catalog, session));
  return typeof printed === 'string' ? printed : printed.effects.join(' | ');
}

const all = 'born,city,email,id,meta,name,ssn';
const orderColumns = 'amount,customer_id,id,item,total';

const cases: readonly (readonly [sql: string, effects: string])[] = [
  ['SELECT 1', 'connect'],
  ['', 'connect'],
  ['SHOW server_version', 'connect'],
  ['SELECT count(*) FROM customers', 'select public.customers()'],
  ['SELECT * FROM customers', `select public.customers(${all})`],
  ['SELECT name FROM people', 'select public.customers(city,email,id,name,ssn) | select public.people(name)'],
  ['SELECT day FROM visits_1', 'select public.visits(day) | select public.visits_1(day)'],
  ['SELECT id FROM customers FOR SHARE', 'select public.customers(id) | update public.customers()'],
  [
    'SELECT p.id FROM people p, orders FOR UPDATE OF p',
    'select public.customers(city,email,id,name,ssn) | select public.orders() | select public.people(id) | update public.customers() | update public.people()',
  ],
  // PG-01: the strictest of all statements
  ['SELECT 1; DROP TABLE orders', 'alter public.orders | connect'],
  ['BEGIN; DELETE FROM orders WHERE id = 1; COMMIT', 'connect | delete public.orders | select public.orders(id)'],
  // PG-05: the server's own lexing
  ['SELECT /* /* */ DROP TABLE x; */ 1 -- ;\r; DELETE FROM "orders"', 'connect | delete public.orders'],
  ["SELECT 'a\\'; DROP TABLE orders; --'", 'alter public.orders | connect'],
  // PG-40, PG-41
  [
    'WITH x AS (DELETE FROM orders RETURNING *) SELECT 1 FROM x',
    `delete public.orders | select public.orders(${orderColumns})`,
  ],
  ['EXPLAIN DELETE FROM orders', 'delete public.orders'],
  ['EXPLAIN (ANALYZE, FORMAT json) DELETE FROM orders', 'delete public.orders'],
  // Writes
  ['INSERT INTO orders (item) VALUES ($1)', 'insert public.orders(item)'],
  ['INSERT INTO orders DEFAULT VALUES', `insert public.orders(${orderColumns})`],
  [
    'INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET item = $1',
    'insert public.orders(id) | select public.orders(id) | update public.orders(item)',
  ],
  ['UPDATE customers SET name = $1 WHERE id = $2', 'select public.customers(id) | update public.customers(name)'],
  ['DELETE FROM orders USING customers c WHERE c.ssn = $1', 'delete public.orders | select public.customers(ssn)'],
  [
    'UPDATE people SET name = $1',
    'select public.customers(city,email,id,name,ssn) | update public.customers(name) | update public.people(name)',
  ],
  ['DELETE FROM constants', 'delete public.constants | delete public.orders | select public.orders()'],
  ['DELETE FROM visits_1', 'delete public.visits | delete public.visits_1'],
  [
    'MERGE INTO orders o USING customers c ON o.id = c.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (item) VALUES (c.name)',
    'delete public.orders | insert public.orders(item) | select public.customers(id,name) | select public.orders(id)',
  ],
  ['TRUNCATE orders', 'truncate public.orders'],
  ['LOCK TABLE orders', 'update public.orders()'],
  // PG-42 to PG-45: code and side effects
  ['SELECT shout($1)', 'call public.shout'],
  ['SELECT loud FROM shouted', 'call public.shout | select public.customers(name) | select public.shouted(loud)'],
  ['SELECT * FROM pairs()', 'call public.pairs'],
  ['SELECT lower(name), now(), random(), gen_random_uuid() FROM customers', 'select public.customers(name)'],
  [
    'SELECT pg_sleep(1), pg_terminate_backend(1), pg_notify($1, $2)',
    'call pg_catalog.pg_notify | call pg_catalog.pg_sleep | call pg_catalog.pg_terminate_backend',
  ],
  ["SELECT query_to_xml('select 1', true, true, '')", 'call pg_catalog.query_to_xml'],
  ["SELECT table_to_xml('customers', true, true, '')", 'call pg_catalog.table_to_xml'],
  ["SELECT * FROM ts_stat('select 1')", 'call pg_catalog.ts_stat'],
  ["SELECT ts_rewrite('a'::tsquery, 'select 1')", 'call pg_catalog.ts_rewrite'],
  [
    "SELECT pg_read_file('x'), pg_ls_dir('.'), lo_export(1, 'x')",
    'call pg_catalog.lo_export | call pg_catalog.pg_ls_dir | call pg_catalog.pg_read_file',
  ],
  ['SELECT pg_advisory_lock(1)', 'call pg_catalog.pg_advisory_lock'],
  ['SELECT nosuch(1)', 'call pg_catalog.nosuch'],
  ["SELECT nextval('orders_id_seq')", 'update public.orders_id_seq()'],
  ["SELECT nextval('Public.\"orders_id_seq\"'::regclass), currval('orders_id_seq')", 'update public.orders_id_seq()'],
  ['SELECT nextval($1)', 'call pg_catalog.nextval'],
  ['SELECT (customers).query_to_xml FROM customers', `call pg_catalog.query_to_xml | select public.customers(${all})`],
  ['DO $$ BEGIN END $$', 'call'],
  ['CALL refresh(1)', 'call pg_catalog.refresh'],
  ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', 'alter schema public | call'],
  ['CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()', 'alter public.orders | call'],
  [
    'CREATE RULE r AS ON INSERT TO orders DO INSTEAD DELETE FROM customers',
    'alter public.customers | alter public.orders | call',
  ],
  ['CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()', 'alter | call'],
  ['CREATE CAST (text AS int) WITH FUNCTION f(text)', 'alter | call'],
  ['CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)', 'alter schema public | call'],
  ['CREATE EXTENSION dblink', 'alter | call'],
  ['LISTEN x', 'call'],
  ["NOTIFY x, 'y'", 'call'],
  // PG-34, PG-46
  ["COPY orders FROM PROGRAM 'x'", 'copy public.orders | insert public.orders(amount,customer_id,id,item)'],
  ["COPY (SELECT 1) TO '/tmp/x'", 'copy'],
  ['CREATE SERVER s FOREIGN DATA WRAPPER w', 'alter | call'],
  ['CREATE USER MAPPING FOR a SERVER s', 'alter | call'],
  ['IMPORT FOREIGN SCHEMA s FROM SERVER x INTO public', 'alter | call'],
  ["CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", 'alter | call'],
  // PG-55
  ['SELECT tablename FROM pg_stats', 'reveal pg_catalog.pg_stats | select pg_catalog.pg_stats(tablename)'],
  ['SELECT rolname FROM pg_authid', 'reveal pg_catalog.pg_authid | select pg_catalog.pg_authid(rolname)'],
  ['SELECT relname FROM pg_class', 'select pg_catalog.pg_class(relname)'],
  // Definitions
  ['CREATE TABLE t (a int DEFAULT random(), b text DEFAULT shout($$x$$))', 'alter schema public | call public.shout'],
  ['CREATE TABLE evil.t (a int)', 'alter schema evil'],
  ['CREATE TEMP TABLE t (a int)', 'alter schema pg_temp'],
  ['ALTER TABLE customers RENAME COLUMN ssn TO a', 'alter public.customers'],
  ['ALTER TABLE customers SET SCHEMA evil', 'alter public.customers | alter schema evil'],
  ['DROP INDEX customers_pkey', 'alter public.customers'],
  ['DROP TABLE customers CASCADE', 'alter | alter public.customers'],
  ['DROP TRIGGER t ON orders', 'alter public.orders'],
  ['COMMENT ON COLUMN customers.ssn IS NULL', 'alter public.customers'],
  ['GRANT SELECT ON customers TO PUBLIC', 'alter public.customers'],
  ['VACUUM customers', 'alter public.customers'],
  ['ANALYZE', 'alter'],
  ['REINDEX TABLE customers', 'alter public.customers'],
  ['CREATE ROLE r SUPERUSER', 'alter'],
  ['CREATE SCHEMA s', 'alter | alter schema s'],
];

test.each(cases)('%s', (sql, expected) => {
  expect(effects(sql)).toBe(expected);
});

test.each([
  ['SELECT lower($1)', 'call evil.lower'],
  ['SELECT pg_catalog.lower($1)', 'connect'],
  ['SELECT 1 FROM public.orders WHERE item = $1', 'call evil."=" | select public.orders(item)'],
  ['SELECT 1 FROM public.orders WHERE item OPERATOR(pg_catalog.=) $1', 'select public.orders(item)'],
  ["SELECT 'x'::noisy", 'call evil.noisy'],
  ['SELECT ssn FROM customers', 'select evil.customers(ssn)'],
  ['SELECT email FROM customers', 'unsupported: column "email" is not known'],
])('PG-49: %s means another thing on another search path', (sql, expected) => {
  expect(effects(sql, shopSession({ searchPath: ['evil', 'pg_catalog', 'public'] }))).toBe(expected);
});

test('PG-49: a temporary table may stand before a permanent one: both are touched', () => {
  const session = shopSession({ tempRelations: new Set(['customers', 'scratch']) });
  expect(effects('SELECT ssn FROM customers', session)).toBe(
    'select pg_temp.customers() | select public.customers(ssn)',
  );
  expect(effects('SELECT ssn FROM scratch', session)).toBe('select pg_temp.scratch()');
  expect(effects('SELECT ssn FROM public.customers', session)).toBe('select public.customers(ssn)');
});

const refused: readonly (readonly [sql: string, message: RegExp])[] = [
  ['SELEC 1', /^unparsable: syntax error/],
  ['SELECT 1\0; DROP TABLE orders', /^unparsable: the text contains a NUL/],
  ["SELECT '\ud800'", /^unparsable: the text is not valid Unicode/],
  ['SELECT 1\u00a0+ 2 FROM\u3000customers', /^unparsable|does not exist/],
  ['SELECT x FROM nosuch', /relation "nosuch" does not exist/],
  ['SELECT nosuch FROM customers', /column "nosuch" is not known/],
  ['SELECT c.id FROM customers AS d', /not known/],
  ['SELECT * FROM other.public.customers', /another database/],
  ['ALTER SYSTEM SET work_mem = 1', /AlterSystem/],
  ["LOAD 'x'", /Load/],
  [
    "UPDATE pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'",
    /pg_settings may not be written/,
  ],
  ['DELETE FROM pg_catalog.pg_class', /may not be written/],
  ["PREPARE TRANSACTION 'x'", /two-phase/],
  ["COMMIT PREPARED 'x'", /two-phase/],
  ["COPY customers FROM STDIN (ENCODING 'SJIS')", /encoding/],
  // PG-03, PG-04, PG-50
  ['SET standard_conforming_strings = off', /standard_conforming_strings/],
  ["SET client_encoding = 'SJIS'", /client_encoding/],
  ["SET NAMES 'LATIN1'", /client_encoding/],
  ['SET ROLE admin', /role/],
  ['SET "role" TO admin', /role/],
  ['RESET ROLE', /role/],
  ['SET SESSION AUTHORIZATION admin', /session_authorization/],
  ['ALTER ROLE me SET search_path = evil', /AlterRoleSet/],
  ['ALTER DATABASE shop SET search_path = evil', /AlterDatabaseSet/],
  ["SELECT set_config('role', 'admin', false)", /set_config/],
  ["SELECT pg_catalog.set_config('search_path', 'evil', false)", /set_config/],
  ["SELECT 1, pg_catalog.set_config('search_path', '', false)", /set_config/],
  ['SET LOCAL search_path = evil', /SET LOCAL search_path/],
  ['SET search_path = pg_temp, public', /pg_temp/],
  ['SET client_min_messages = debug5', /client_min_messages/],
  ['SET session_preload_libraries = x', /session_preload_libraries/],
  // PG-30, PG-31
  ['EXECUTE nosuch', /prepared statement "nosuch" is not known/],
  ['FETCH ALL FROM nosuch', /cursor "nosuch" is not known/],
  ['UPDATE orders SET item = $1 WHERE CURRENT OF nosuch', /cursor/],
  // What follows a change of meaning was looked up too early
  ['ALTER TABLE customers RENAME ssn TO x; SELECT name FROM customers', /send the statements after it separately/],
  ['SET search_path = evil; SELECT * FROM orders', /send the statements after it separately/],
  ['CREATE SCHEMA s CREATE TABLE t (a int)', /one by one/],
];

test.each(refused)('%j is never forwarded', (sql, message) => {
  expect(effects(sql)).toMatch(message);
});
