import { startPostgres, type PostgresServer } from '@sallyport/testing';
import pg from 'pg';
import { type Catalog, loadParser, PostgresInspector, readCatalog } from '../../index.js';
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

function look(sql: string): { results: string; used: string } {
  const printed = printInspection(new PostgresInspector('shop').inspect(sql, catalog, shopSession()));
  if (typeof printed === 'string') return { results: printed, used: '' };
  return { results: printed.results.join('; '), used: printed.used.join(' ') };
}

const row =
  '=customers.id =customers.name =customers.email =customers.ssn =customers.city =customers.meta =customers.born';
const whole = '~customers.born+customers.city+customers.email+customers.id+customers.meta+customers.name+customers.ssn';

/** SQL, what the outputs are made of, what is used otherwise. */
const cases: readonly (readonly [sql: string, results: string, used?: string])[] = [
  // Plain columns and stars
  ['SELECT ssn, c.email e FROM customers c', '=customers.ssn =customers.email'],
  ['SELECT * FROM customers', row],
  ['TABLE customers', row],
  [
    'SELECT o.*, c.ssn FROM orders o, customers c',
    '=orders.id =orders.customer_id =orders.item =orders.amount ~orders.amount+orders.total =customers.ssn',
  ],
  ['SELECT public.customers.ssn FROM public.customers', '=customers.ssn'],
  ['SELECT ctid, tableoid FROM customers', '- -'],
  // PG-61 whole rows
  ['SELECT customers FROM customers', whole],
  ['SELECT (u).ssn, (u).* FROM customers u', `=customers.ssn ${row}`],
  ['SELECT u.*::text FROM customers u', whole],
  ['SELECT to_jsonb(u), row(u.*) FROM customers u', `${whole} ${whole}`],
  ['SELECT array_agg(u), count(u) FROM customers u', `${whole} ${whole}`],
  ['SELECT (SELECT u) FROM customers u', whole],
  // PG-63 expressions
  [
    'SELECT upper(ssn), ssn || email, ssn::text FROM customers',
    '~customers.ssn ~customers.email+customers.ssn ~customers.ssn',
  ],
  ['SELECT max(ssn), string_agg(ssn, email) FROM customers', '~customers.ssn ~customers.email+customers.ssn'],
  [
    'SELECT CASE WHEN ssn = $1 THEN name ELSE email END FROM customers',
    '~customers.email+customers.name',
    'customers.ssn',
  ],
  ['SELECT array(SELECT ssn FROM customers)', '~customers.ssn'],
  ["SELECT json_agg(json_build_object('s', ssn)) FROM customers", '~customers.ssn'],
  ['SELECT json_build_object(ssn, 1) FROM customers', '~customers.ssn', 'customers.ssn'],
  ['SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ssn) FROM customers', '~customers.ssn', 'customers.ssn'],
  [
    'SELECT lag(ssn) OVER (PARTITION BY city ORDER BY email) FROM customers',
    '~customers.ssn',
    'customers.city customers.email',
  ],
  // PG-64 and PG-65: what an error or a branch could tell
  ['SELECT ssn::int FROM customers', '~customers.ssn', 'customers.ssn'],
  ['SELECT 1 / (length(ssn) - 11) FROM customers', '~customers.ssn', 'customers.ssn'],
  [
    'SELECT coalesce(nullif(ssn, $1), (1 / (id - id))::text) FROM customers',
    '~customers.id+customers.ssn',
    'customers.id customers.ssn',
  ],
  [
    "SELECT ssn LIKE '1%' AND 1 / (id - id) = 1 FROM customers",
    '~customers.id+customers.ssn',
    'customers.id customers.ssn',
  ],
  ['SELECT name FROM customers WHERE ssn BETWEEN $1 AND $2', '=customers.name', 'customers.ssn'],
  ['SELECT name FROM customers ORDER BY ssn LIMIT 1', '=customers.name', 'customers.ssn'],
  ['SELECT name, ssn FROM customers ORDER BY 2', '=customers.name =customers.ssn', 'customers.ssn'],
  ['SELECT name, ssn AS s FROM customers ORDER BY s', '=customers.name =customers.ssn', 'customers.ssn'],
  ['SELECT upper(name) AS ssn FROM customers ORDER BY ssn', '~customers.name', 'customers.name'],
  ['SELECT upper(name) AS ssn FROM customers GROUP BY ssn, name', '~customers.name', 'customers.name customers.ssn'],
  [
    'SELECT city, count(*) FROM customers GROUP BY 1 HAVING max(ssn) > $1',
    '=customers.city -',
    'customers.city customers.ssn',
  ],
  ['SELECT count(*) FROM customers GROUP BY ROLLUP (ssn, city)', '-', 'customers.city customers.ssn'],
  ['SELECT DISTINCT email FROM customers', '=customers.email', 'customers.email'],
  ['SELECT DISTINCT ON (ssn) name FROM customers', '=customers.name', 'customers.ssn'],
  ['SELECT count(*) FILTER (WHERE ssn = $1) FROM customers', '-', 'customers.ssn'],
  ['SELECT 1 WHERE EXISTS (SELECT FROM customers WHERE ssn = $1)', '-', 'customers.ssn'],
  ['SELECT name FROM customers WHERE ssn IN (VALUES ($1))', '=customers.name', 'customers.ssn'],
  ['SELECT c.name FROM customers c JOIN (VALUES ($1)) v(x) ON c.ssn = v.x', '=customers.name', 'customers.ssn'],
  ['SELECT name FROM customers c, LATERAL (SELECT 1 WHERE c.ssn > $1) s', '=customers.name', 'customers.ssn'],
  ['SELECT 1 LIMIT (SELECT length(ssn) FROM customers)', '-', 'customers.ssn'],
  // Joins
  [
    'SELECT * FROM (SELECT id, name FROM customers) a JOIN (SELECT id, item FROM orders) b USING (id)',
    '=customers.id =customers.name =orders.item',
    'customers.id orders.id',
  ],
  ['SELECT id FROM customers c FULL JOIN orders o USING (id)', '~customers.id+orders.id', 'customers.id orders.id'],
  [
    'SELECT j.item FROM (customers c JOIN orders o ON c.id = o.customer_id) AS j(a, b, c, d, e, f, g, id2, x, item)',
    '=orders.item',
    'customers.id orders.customer_id',
  ],
  // Subqueries, WITH, set operations
  ['SELECT s.x FROM (SELECT ssn AS x FROM customers OFFSET 0) s', '=customers.ssn'],
  ['WITH a(x) AS (SELECT ssn FROM customers), b AS (SELECT x FROM a) SELECT * FROM b', '=customers.ssn'],
  ['WITH customers AS (SELECT item FROM orders) SELECT * FROM customers', '=orders.item'],
  ['SELECT ssn FROM customers UNION ALL SELECT email FROM customers', '~customers.email+customers.ssn'],
  ['SELECT ssn FROM customers EXCEPT SELECT ssn FROM customers', '=customers.ssn', 'customers.ssn'],
  [
    'WITH RECURSIVE t(a, b) AS (SELECT id, name FROM customers UNION ALL SELECT id, b || ssn FROM t, customers) SELECT * FROM t',
    '=customers.id ~customers.name+customers.ssn',
  ],
  ['VALUES (1, (SELECT ssn FROM customers))', '- ~customers.ssn'],
  // Names that go past what is not lateral, and outputs named after subqueries
  ['SELECT (SELECT s.z FROM (VALUES (1)) a(x), (SELECT a.ssn AS z) s) FROM customers a', '~customers.ssn'],
  [
    "SELECT (SELECT ssn FROM (SELECT (SELECT * FROM (SELECT c.ssn FROM customers c) q)) x) FROM (SELECT 'a' AS ssn) o",
    '~customers.ssn',
  ],
  // Functions in FROM
  ['SELECT g FROM generate_series(1, 3) g', '-'],
  ['SELECT n, x FROM unnest(ARRAY[1]) WITH ORDINALITY AS t(x, n)', '- -'],
  ['SELECT k FROM customers c, jsonb_object_keys(c.meta) k', '~customers.meta', 'customers.meta'],
  ['SELECT e.value FROM customers c, jsonb_each_text(to_jsonb(c)) e', whole, whole.slice(1).replaceAll('+', ' ')],
  ['SELECT * FROM customers c, json_to_record(c.meta::json) AS r(a int)', `${row} ~customers.meta`, 'customers.meta'],
  [
    "SELECT t.a FROM customers c, JSON_TABLE(c.meta, '$[*]' COLUMNS (a text PATH '$.a')) t",
    '~customers.meta',
    'customers.meta',
  ],
  ['SELECT * FROM unnest(ARRAY[(SELECT ssn FROM customers)])', 'opaque', 'customers.ssn'],
  // PG-47 views, partitions
  [
    'SELECT * FROM people',
    '=customers.id+people.id =customers.name+people.name ~customers.ssn+people.code =customers.email+people.email',
    'customers.city',
  ],
  [
    'SELECT code FROM buyers',
    '~buyers.code+customers.ssn+people.code',
    'customers.city customers.id orders.customer_id people.id',
  ],
  ['SELECT residents FROM cities', '=cities.residents', 'customers.city'],
  ['SELECT ssn FROM visits_1', '=visits.ssn+visits_1.ssn'],
  // PG-52 laundering and PG-54 RETURNING
  ['INSERT INTO orders (item) SELECT ssn FROM customers', 'none', 'customers.ssn'],
  ['UPDATE customers SET name = ssn RETURNING name', '=customers.name', 'customers.ssn'],
  ['UPDATE customers SET (name, city) = (SELECT ssn, item FROM orders)', 'none', 'customers.ssn orders.item'],
  [
    'UPDATE customers SET name = $1 RETURNING old.ssn, new.email, customers.city',
    '=customers.ssn =customers.email =customers.city',
  ],
  ['DELETE FROM customers RETURNING WITH (OLD AS o) o.*', row],
  [
    'INSERT INTO customers (id) VALUES (1) ON CONFLICT (ssn) DO UPDATE SET name = excluded.email',
    'none',
    'customers.email customers.ssn',
  ],
  [
    'MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED AND c.city = $1 THEN UPDATE SET item = c.ssn RETURNING o.item, c.name',
    '=orders.item =customers.name',
    'customers.city customers.id customers.ssn orders.customer_id',
  ],
  ['CREATE TABLE x AS SELECT ssn FROM customers', 'none', 'customers.ssn'],
  ['SELECT ssn INTO x FROM customers', 'none', 'customers.ssn'],
  ['CREATE VIEW x AS SELECT ssn FROM customers', 'none', 'customers.ssn'],
  ['CREATE MATERIALIZED VIEW x AS SELECT ssn FROM customers', 'none', 'customers.ssn'],
  ['CREATE INDEX ON customers (upper(ssn))', 'none', 'customers.ssn'],
  ['ALTER TABLE customers ADD z text GENERATED ALWAYS AS (ssn) STORED', 'none', 'customers.ssn'],
  ['CREATE POLICY p ON customers USING (ssn = CURRENT_USER)', 'none', 'customers.ssn'],
  ["CREATE STATISTICS s ON (ssn || 'x'), city FROM customers", 'none', 'customers.ssn'],
  // PG-32 COPY, PG-41 EXPLAIN
  ['COPY customers (ssn, id) TO STDOUT', 'copy =customers.ssn =customers.id'],
  ['COPY orders TO STDOUT', 'copy =orders.id =orders.customer_id =orders.item =orders.amount'],
  ['COPY (SELECT upper(ssn) FROM customers) TO STDOUT', 'copy ~customers.ssn'],
  ["COPY customers (ssn) TO '/tmp/x'", 'none', 'customers.ssn'],
  ['EXPLAIN SELECT ssn FROM customers WHERE email = $1', '-', 'customers.email'],
  ['EXPLAIN ANALYZE UPDATE customers SET name = ssn', '-', 'customers.ssn'],
];

test.each(cases.map(([sql, results, used = '']) => [sql, results, used] as const))('%s', (sql, results, used) => {
  expect(look(sql)).toEqual({ results, used });
});
