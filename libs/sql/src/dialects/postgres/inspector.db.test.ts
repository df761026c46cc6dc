import { startPostgres, type PostgresServer } from '@sallyport/testing';
import fc from 'fast-check';
import pg from 'pg';
import { type Catalog, type Inspection, loadParser, PostgresInspector, readCatalog } from '../../index.js';
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

const session = shopSession();

/** `#` stands for a number, `@` for a string. */
const templates: readonly string[] = [
  'SELECT * FROM customers WHERE id = # AND name = @',
  'SELECT name, ssn, email FROM customers ORDER BY #',
  'SELECT name, ssn FROM customers ORDER BY #, name LIMIT #',
  'SELECT DISTINCT ON (#) name, ssn FROM customers',
  'SELECT city, name, count(*) FROM customers GROUP BY #, #',
  'SELECT city, ssn FROM customers GROUP BY GROUPING SETS ((#), (#, city))',
  'SELECT ssn FROM customers UNION ALL SELECT email FROM customers ORDER BY #',
  'INSERT INTO orders (id, item) VALUES (#, @), (#, @)',
  'UPDATE orders SET item = @ WHERE id = # AND amount > #',
  'SELECT nextval(@)',
  "SELECT nextval('orders_id_seq'), #",
  'SELECT @::regclass, #::numeric(#)',
  'SELECT lower(@), # + id FROM customers WHERE born > date @',
  'SET work_mem = #',
  'SET search_path = @',
  'SELECT pg_catalog.set_config(@, @, false)',
  'EXPLAIN (ANALYZE #) DELETE FROM orders',
  'COPY customers TO STDOUT (DELIMITER @)',
  'FETCH # FROM c',
  'SELECT # ; SELECT @',
];

test('a cached meaning is the meaning', () => {
  const fill = fc.record({
    template: fc.constantFrom(...templates),
    numbers: fc.array(fc.constantFrom('1', '2', '3', '0', '1.5', '12345678901234567890'), {
      minLength: 9,
      maxLength: 9,
    }),
    strings: fc.array(
      fc.constantFrom(
        "'a'",
        "'b'",
        "''",
        "'search_path'",
        "'orders_id_seq'",
        "'public.orders_id_seq'",
        "'on'",
        "','",
        "'evil'",
      ),
      { minLength: 9, maxLength: 9 },
    ),
  });
  const texts = fc.array(
    fill.map(({ template, numbers, strings }) => {
      let number = 0;
      let string = 0;
      return template.replace(/[#@]/g, (mark) => (mark === '#' ? numbers[number++ % 9]! : strings[string++ % 9]!));
    }),
    { minLength: 2, maxLength: 40 },
  );
  const cached = new PostgresInspector('shop');
  fc.assert(
    fc.property(texts, (list) => {
      for (const sql of list) {
        const fresh = new PostgresInspector('shop').inspect(sql, catalog, session);
        expect(cached.inspect(sql, catalog, session)).toEqual(fresh);
        expect(cached.inspect(sql, catalog, session)).toEqual(fresh);
      }
    }),
    { numRuns: 60 },
  );
});

test('the text of an action is the text that was given, cached or not', () => {
  const inspector = new PostgresInspector('shop');
  for (const id of [1, 2, 3]) {
    const sql = `SELECT name FROM customers WHERE id = ${id}`;
    const inspection = inspector.inspect(sql, catalog, session);
    expect(inspection).toMatchObject({ ok: true, action: { text: sql }, statements: [{ action: { text: sql } }] });
  }
});

test('a literal that may not be sent is refused although its like is cached', () => {
  const inspector = new PostgresInspector('shop', { maxTextBytes: 100 });
  expect(inspector.inspect("SELECT 'a' FROM customers", catalog, session).ok).toBe(true);
  for (const bad of [
    "SELECT 'a\0' FROM customers",
    "SELECT '\ud800' FROM customers",
    `SELECT '${'x'.repeat(100)}' FROM customers`,
  ]) {
    expect(inspector.inspect(bad, catalog, session)).toMatchObject({ ok: false, code: 'unparsable' });
  }
});

test('whatever the text, there is an answer and never an exception', () => {
  const words =
    `SELECT FROM WHERE customers orders people ssn * ( ) , ; = AND WITH AS x RECURSIVE UNION ALL VALUES INSERT INTO
    UPDATE SET DELETE RETURNING MERGE USING ON JOIN LATERAL LEFT NATURAL GROUP BY ORDER HAVING 1 'a' $1 :: int CASE WHEN
    THEN END EXISTS IN ANY ARRAY [ ] . "q" CREATE TABLE VIEW FUNCTION DROP ALTER GRANT TO COPY STDOUT EXPLAIN ANALYZE
    PREPARE EXECUTE DECLARE CURSOR FOR FETCH old new row lower`.split(/\s+/);
  const inspector = new PostgresInspector('shop');
  const text = fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join(' '));
  fc.assert(
    fc.property(text, (sql) => {
      const inspection = inspector.inspect(sql, catalog, session);
      if (inspection.ok) expect(inspection.action.effects.length).toBeGreaterThan(0);
      else expect(inspection.message).not.toBe('the text could not be understood');
    }),
    { numRuns: 5000 },
  );
});

test('texts made to hurt are refused, and the next one is understood', async () => {
  const inspector = new PostgresInspector('shop');
  const nested = (open: string, close: string, times: number): string =>
    `SELECT ${open.repeat(times)}1${close.repeat(times)}`;
  const texts = [
    nested('(', ')', 100_000),
    nested('(SELECT ', ')', 3000),
    nested('CASE WHEN true THEN ', ' END', 3000),
    nested('ARRAY[', ']', 3000),
    nested('NOT ', '', 100_000),
    `SELECT 1${' UNION SELECT 1'.repeat(100_000)}`,
    `SELECT 1${' + 1'.repeat(2000)}`,
    `SELECT 1 FROM customers${' JOIN customers ON true'.repeat(100_000)}`,
    `SELECT 1 WHERE 1 IN (${Array(1_000_000).fill('1').join(',')})`,
    'x'.repeat(2 << 20),
  ];
  for (const sql of texts) {
    const started = performance.now();
    const inspection: Inspection = inspector.inspect(sql, catalog, session);
    expect([sql.slice(0, 40), inspection.ok]).toEqual([sql.slice(0, 40), false]);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(inspector.inspect('SELECT ssn FROM customers', catalog, session).ok).toBe(true);
    await loadParser();
  }
});

test('a long chain of UNION ALL, within bounds, keeps its sources', () => {
  const sql = `SELECT ssn FROM customers${' UNION ALL SELECT email FROM customers'.repeat(300)}`;
  const printed = printInspection(new PostgresInspector('shop').inspect(sql, catalog, session));
  expect(printed).toMatchObject({ results: ['~customers.email+customers.ssn'], used: [] });
});

test('a fingerprint tells meanings apart and not texts', () => {
  const fingerprint = (sql: string): string => {
    const inspection = new PostgresInspector('shop').inspect(sql, catalog, session);
    return inspection.ok ? inspection.action.fingerprint : '';
  };
  const base = fingerprint('SELECT ssn FROM customers WHERE id = 1');
  expect(fingerprint('select ssn from public.customers where id=2')).toBe(base);
  for (const other of [
    'SELECT ssn FROM customers',
    'SELECT upper(ssn) FROM customers WHERE id = 1',
    'SELECT ssn, name FROM customers WHERE id = 1',
    'SELECT ssn FROM customers WHERE id = $1',
    'DELETE FROM customers WHERE id = 1 RETURNING ssn',
  ]) {
    expect(fingerprint(other)).not.toBe(base);
  }
});
