import pg from 'pg';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { bindMessage, executeMessage, parseMessage, queryMessage, syncMessage } from './requests.js';
import { TestingClient, unit } from './testing-client.js';
import { binding, gatewayFor, leaks, shopSchema } from './testing-shop.js';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;
let direct: pg.Client;
let client: TestingClient;

beforeAll(async () => {
  server = await startPostgres();
  direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
}, 60_000);
afterAll(async () => {
  await direct.end();
  await server.stop();
});
beforeEach(async () => {
  await direct.query('DROP SCHEMA IF EXISTS other CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await direct.query(shopSchema);
  gateway = await gatewayFor(server);
  client = await TestingClient.login(gateway.port);
});
afterEach(async () => {
  client.end();
  await gateway.close();
});

const ask = (text: string): Promise<string> => client.ask([queryMessage(text)]);

test('what a session makes it can use at once, inside its transaction and after', async () => {
  await ask('BEGIN');
  expect(await ask('CREATE TABLE fresh (a int)')).toBe('C(CREATE TABLE) Z(T)');
  expect(await ask('INSERT INTO fresh VALUES (1)')).toBe('C(INSERT 0 1) Z(T)');
  expect(await ask('SELECT a FROM fresh')).toBe('T D(1) C(SELECT 1) Z(T)');
  await ask('COMMIT');
  expect(await ask('SELECT a FROM fresh')).toBe('T D(1) C(SELECT 1) Z(I)');
  await ask('BEGIN');
  await ask('ALTER TABLE fresh RENAME TO stale');
  await ask('ROLLBACK');
  expect(await ask('SELECT a FROM fresh')).toBe('T D(1) C(SELECT 1) Z(I)');
});

test('in one pipeline too', async () => {
  const texts = ['CREATE TABLE fresh (a int)', 'INSERT INTO fresh VALUES (1)', 'SELECT a FROM fresh'];
  expect(await client.ask([...texts.flatMap(unit), syncMessage])).toBe(
    '1 2 C(CREATE TABLE) 1 2 C(INSERT 0 1) 1 2 D(1) C(SELECT 1) Z(I)',
  );
});

test('a failure behind it in the pipeline undoes it', async () => {
  await client.ask([...unit('CREATE TABLE fresh (a int)'), ...unit('SELECT 1/0'), syncMessage]);
  expect(await ask('SELECT a FROM fresh')).toBe('E(42P01) Z(I)');
});

test('a renamed column stays what it was: inside the transaction that renames it (PG-52)', async () => {
  await ask('BEGIN');
  await ask('ALTER TABLE customers RENAME COLUMN ssn TO a');
  expect(await ask('SELECT a FROM customers')).toBe('E(42501) Z(E)');
  await ask('ROLLBACK');
  expect(await ask('SELECT ssn FROM customers WHERE id = 1')).toBe('T D([redacted]) C(SELECT 1) Z(I)');
  expect(leaks(client.heard)).toBe(false);
});

test.each([
  ['ALTER TABLE customers RENAME COLUMN ssn TO a', 'SELECT a FROM customers'],
  ['ALTER TABLE customers RENAME TO people', 'SELECT ssn FROM people'],
  ['ALTER TABLE customers RENAME TO people', 'TABLE people'],
  ['CREATE SCHEMA other; ALTER TABLE customers SET SCHEMA other', 'SELECT ssn FROM other.customers'],
  [
    'CREATE VIEW v AS SELECT * FROM orders; ALTER TABLE customers RENAME TO people; CREATE VIEW w AS TABLE people',
    'TABLE w',
  ],
  [
    'ALTER TABLE customers RENAME ssn TO x; ALTER TABLE customers RENAME city TO ssn; ALTER TABLE customers RENAME x TO city',
    'SELECT city FROM customers',
  ],
])('after %s, %s shows nothing', async (change, text) => {
  await ask('SELECT 1');
  await direct.query(change);
  const answer = await ask(text);
  expect(answer).toMatch(/E\(42501\) Z\(I\)$/);
  expect(answer).not.toContain('D(');
  expect(leaks(client.heard)).toBe(false);
});

test('an unqualified name follows the search path (PG-49)', async () => {
  await direct.query(
    `CREATE SCHEMA other; CREATE TABLE other.orders (ssn text); INSERT INTO other.orders VALUES ('x')`,
  );
  await ask('SET search_path = other, public');
  expect(await ask('SELECT * FROM orders')).toBe('T D(x) C(SELECT 1) Z(I)');
  expect(gateway.host.decisions.at(-1)!.action.effects[0]!.object).toMatchObject({ schema: 'other', table: 'orders' });
  await ask('RESET search_path');
  expect(await ask('SELECT id FROM orders WHERE id = 1')).toBe('T D(1) C(SELECT 1) Z(I)');
});

test('a prepared statement means what its names mean when it is bound', async () => {
  await direct.query('CREATE SCHEMA other; CREATE TABLE other.people (ssn text)');
  await direct.query(`CREATE TABLE people (ssn text); INSERT INTO other.people VALUES ('of other')`);
  await client.ask([parseMessage('s', 'SELECT ssn FROM people'), syncMessage]);
  await ask('SET search_path = other, public');
  expect(await client.ask([bindMessage('', 's'), executeMessage(''), syncMessage])).toBe(
    '2 D(of other) C(SELECT 1) Z(I)',
  );
  expect(gateway.host.decisions.at(-1)!.action.effects[0]!.object).toMatchObject({ schema: 'other', table: 'people' });
});

test('a path that was rolled back is not believed', async () => {
  await direct.query('CREATE SCHEMA other; CREATE TABLE other.orders (id text)');
  await client.ask([...unit('SET search_path = other'), ...unit('SELECT 1/0'), syncMessage]);
  await ask('SELECT id FROM orders WHERE id = 1');
  expect(gateway.host.decisions.at(-1)!.action.effects[0]!.object).toMatchObject({ schema: 'public' });
});

test('a path set inside a transaction is refused', async () => {
  await ask('BEGIN');
  expect(await ask('SET search_path = other')).toBe('E(25001) Z(E)');
  await ask('ROLLBACK');
  const pipeline = [queryMessage('BEGIN'), queryMessage('SET search_path = other'), queryMessage('ROLLBACK')];
  expect(await client.ask(pipeline, 3)).toBe('C(BEGIN) Z(T) E(25001) Z(E) C(ROLLBACK) Z(I)');
});

test('a temporary table does not hide what a name may mean', async () => {
  expect(await ask('CREATE TEMP TABLE orders (id int)')).toBe('C(CREATE TABLE) Z(I)');
  await ask('SELECT id FROM orders');
  const touched = gateway.host.decisions
    .at(-1)!
    .action.effects.map(({ object }) => ('schema' in object ? object.schema : ''));
  expect(touched).toEqual(expect.arrayContaining(['public', 'pg_temp']));
});

test('a temporary table cannot stand in for the catalog', async () => {
  await ask('BEGIN');
  await ask(
    'CREATE TEMP TABLE pg_attribute (attrelid oid, attnum int2, attname name, atttypid oid, attisdropped bool, attgenerated "char")',
  );
  await ask('CREATE TABLE fresh (a int)');
  expect(await ask('SELECT ssn FROM customers WHERE id = 1')).toBe('T D([redacted]) C(SELECT 1) Z(T)');
  expect(leaks(client.heard)).toBe(false);
});

test('code that nobody inspected has the path and the names read again', async () => {
  await direct.query('CREATE SCHEMA other; CREATE TABLE other.orders (id text)');
  await client.ask([parseMessage('s', 'SELECT 1'), syncMessage]);
  await ask(`DO $$ BEGIN PERFORM set_config('search_path', 'other', false); EXECUTE 'DEALLOCATE s'; END $$`);
  await ask('SELECT id FROM orders');
  expect(gateway.host.decisions.at(-1)!.action.effects[0]!.object).toMatchObject({ schema: 'other' });
  expect(await client.ask([bindMessage('', 's'), syncMessage])).toBe('E(26000) Z(I)');
});

test('a session that leaves the dialect is cut (PG-03)', async () => {
  client.send(queryMessage(`DO $$ BEGIN PERFORM set_config('client_encoding', 'LATIN1', false); END $$`));
  const heard = await client.rest();
  expect(heard.at(-1)!.toString('latin1')).toContain('57P01');
});

test('a classification that names nothing closes the table, and says so', async () => {
  await gateway.close();
  gateway = await gatewayFor(server);
  const wrong = binding(server);
  const column = { ...wrong.classification[0]!.column, column: 'snn' };
  gateway.host.bindings.set('shop', binding(server, { classification: [{ ...wrong.classification[0]!, column }] }));
  client = await TestingClient.login(gateway.port);
  expect(await ask('SELECT id FROM customers')).toBe('E(42501) Z(I)');
  expect(await ask('SELECT id FROM orders WHERE id = 1')).toBe('T D(1) C(SELECT 1) Z(I)');
  expect(gateway.host.logs.join()).toContain('public.customers.snn');
});
