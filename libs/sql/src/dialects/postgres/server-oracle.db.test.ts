import { startPostgres, type PostgresServer } from '@sallyport/testing';
import pg from 'pg';
import { type Catalog, catalogFingerprintQuery, loadParser, PostgresInspector, readCatalog } from '../../index.js';
import { shopSchema, shopSession } from './scratch-shop.js';

/** Queries whose columns the server itself can be asked about: both must name the same ones. */
const queries: readonly string[] = [
  'SELECT id, name FROM customers',
  'SELECT * FROM orders',
  'SELECT c.*, o.item FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.amount > 3',
  'SELECT upper(name) u FROM customers WHERE ssn LIKE $$1%$$ ORDER BY email',
  'SELECT city, count(*) FROM customers GROUP BY city HAVING max(ssn) > $$5$$',
  'SELECT city AS c, count(*) n FROM customers GROUP BY c ORDER BY n, 1',
  'SELECT name AS city FROM customers GROUP BY city, name',
  'SELECT (SELECT max(o.amount) FROM orders o WHERE o.customer_id = c.id) m FROM customers c',
  'SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE item = $$x$$)',
  'SELECT id FROM customers c WHERE EXISTS (SELECT FROM orders WHERE customer_id = c.id)',
  'WITH a AS (SELECT id, ssn FROM customers), b(x) AS (SELECT ssn FROM a) SELECT x FROM b',
  'WITH RECURSIVE t(n, s) AS (SELECT id, name FROM customers UNION ALL SELECT n + 1, city FROM t JOIN customers ON id = n) SELECT s FROM t',
  'SELECT ssn FROM customers UNION SELECT item FROM orders ORDER BY ssn',
  'SELECT l.item FROM customers c, LATERAL (SELECT item FROM orders WHERE customer_id = c.id LIMIT 1) l',
  'SELECT row_number() OVER w FROM customers WINDOW w AS (PARTITION BY city ORDER BY born)',
  'SELECT count(*) FILTER (WHERE ssn IS NULL) FROM customers',
  'SELECT x.amount FROM orders x LEFT JOIN customers USING (id)',
  'SELECT DISTINCT ON (email) name FROM customers ORDER BY email, born',
  'SELECT CASE WHEN amount > 1 THEN item ELSE id::text END FROM orders',
  'SELECT a.x FROM (VALUES (1, 2)) a(x, y), orders WHERE a.y = orders.id',
  'SELECT coalesce(name, email) FROM customers, generate_series(1, id) g',
  'SELECT (c).name FROM customers c',
  'SELECT j.name FROM (customers c JOIN orders o ON c.id = o.id) AS j(a, name)',
  'SELECT g.v FROM customers, jsonb_to_record(meta) AS g(v text)',
  'SELECT ssn FROM (SELECT (SELECT o.item FROM orders o WHERE o.id = c.id) FROM customers c) q(ssn)',
  'SELECT "case", "?column?" FROM (SELECT CASE WHEN true THEN ssn END, email || name FROM customers) s',
  'SELECT upper, int4, coalesce FROM (SELECT upper(ssn), 1::int, coalesce(email, city) FROM customers) s',
  'SELECT item FROM (SELECT (SELECT * FROM (SELECT o.item FROM orders o LIMIT 1) z)) s',
  'SELECT "exists", "array" FROM (SELECT EXISTS (SELECT FROM orders WHERE item = ssn), ARRAY(SELECT email) FROM customers) s',
  'SELECT sum(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders',
  'SELECT city FROM customers GROUP BY GROUPING SETS ((city), ())',
  'SELECT n.day FROM visits n TABLESAMPLE system (10)',
  'SELECT name FROM people',
  'SELECT b.item, p.email FROM buyers b JOIN people p USING (id) WHERE b.code > $$a$$',
];

let servers: { readonly server: PostgresServer; readonly client: pg.Client; catalog: Catalog }[] = [];

beforeAll(async () => {
  await loadParser();
  servers = await Promise.all(
    (['15', '18'] as const).map(async (version) => {
      const server = await startPostgres({ version });
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query(shopSchema);
      return { server, client, catalog: await read(client) };
    }),
  );
}, 120_000);
afterAll(async () => {
  for (const { server, client } of servers) {
    await client.end();
    await server.stop();
  }
});

async function read(client: pg.Client): Promise<Catalog> {
  await client.query(`SET search_path = ''`);
  const catalog = await readCatalog(
    async (text) => (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows,
  );
  await client.query('RESET search_path');
  return catalog;
}

/** What the server's own rewriter says a view of the query depends on: relation and column names. */
async function columnsByServer(client: pg.Client, query: string): Promise<string[]> {
  await client.query('BEGIN');
  await client.query(`CREATE TEMP VIEW oracle AS ${query}`);
  const { rows } = await client.query<{ column: string }>(
    `SELECT DISTINCT c.relname || '.' || a.attname AS column
       FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
       JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
      WHERE r.ev_class = 'oracle'::regclass AND d.refobjsubid > 0 AND c.relname <> 'oracle'`,
  );
  await client.query('ROLLBACK');
  return rows.map((row) => row.column).sort();
}

/** Relations that the planner would scan. */
async function relationsByServer(client: pg.Client, query: string): Promise<string[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(`EXPLAIN (VERBOSE, FORMAT JSON) ${query}`);
  const names = JSON.stringify(rows[0]!['QUERY PLAN']).matchAll(/"Relation Name":"([^"]+)"/g);
  return [...new Set([...names].map((match) => match[1]!))];
}

function inspected(catalog: Catalog, query: string): { columns: Set<string>; relations: Set<string> } {
  const inspection = new PostgresInspector('shop').inspect(query, catalog, shopSession());
  if (!inspection.ok) throw new Error(`${query}: ${inspection.message}`);
  const columns = new Set<string>();
  const relations = new Set<string>();
  for (const { object, columns: names } of inspection.action.effects) {
    if (object.kind !== 'Table') continue;
    relations.add(object.table);
    for (const name of names ?? []) columns.add(`${object.table}.${name}`);
  }
  return { columns, relations };
}

describe.each([0, 1])('server %i', (index) => {
  test.each(queries)('reads every column that the server reads: %s', async (query) => {
    const { client, catalog } = servers[index]!;
    const { columns } = inspected(catalog, query);
    const expected = await columnsByServer(client, query);
    expect(expected.filter((column) => !columns.has(column))).toEqual([]);
    // And no others, but for what lies behind views and in partitions.
    const behindViews = /people|buyers/.test(query);
    const named = [...columns].filter((column) => query.includes('visits_1') || !column.startsWith('visits_1.'));
    if (!behindViews) expect(named.sort()).toEqual(expected);
  });

  test.each(queries)('touches every relation that the planner scans: %s', async (query) => {
    const { client, catalog } = servers[index]!;
    const { relations } = inspected(catalog, query);
    const scanned = await relationsByServer(client, query);
    // Partitions are reached through the table that they are parts of.
    expect(scanned.filter((name) => !relations.has(name) && !name.startsWith('visits_'))).toEqual([]);
  });

  test('gives as many columns as the server does', async () => {
    const { client, catalog } = servers[index]!;
    for (const query of queries) {
      const inspection = new PostgresInspector('shop').inspect(query, catalog, shopSession());
      const shape = inspection.ok ? inspection.action.lineage.results[0] : undefined;
      if (!shape || shape === 'opaque') throw new Error(query);
      const { fields } = await client.query(`SELECT * FROM (${query}) q LIMIT 0`);
      expect([query, shape.columns.length]).toEqual([query, fields.length]);
    }
  });

  test('the fingerprint and the revision change with the schema, and with nothing else', async () => {
    const entry = servers[index]!;
    const { client } = entry;
    const fingerprint = async (): Promise<string> => {
      const { rows } = await client.query<string[]>({ text: catalogFingerprintQuery, rowMode: 'array' });
      return rows[0]![0]!;
    };
    const changes = [
      'ALTER TABLE customers RENAME COLUMN born TO birthday',
      'ALTER TABLE customers RENAME COLUMN birthday TO born',
      'CREATE OR REPLACE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$',
      'CREATE OR REPLACE VIEW shouted AS SELECT upper(name) AS loud FROM customers',
      'CREATE SCHEMA another',
      'CREATE TYPE mood AS ENUM ()',
      'CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (200) TO (300)',
      'CREATE RULE r AS ON DELETE TO visits_1 DO INSTEAD NOTHING',
      'DROP TABLE visits_2',
    ];
    let before = [await fingerprint(), (await read(client)).revision];
    for (const change of changes) {
      await client.query('INSERT INTO orders (item) VALUES (1)');
      expect(await fingerprint()).toBe(before[0]);
      await client.query(change);
      const after = [await fingerprint(), (await read(client)).revision];
      expect([change, after[0] === before[0], after[1] === before[1]]).toEqual([change, false, false]);
      before = after;
    }
    expect((await read(client)).revision).toBe(before[1]);
  }, 60_000);
});
