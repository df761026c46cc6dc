import pg from 'pg';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { readDiagnostic } from './codec.js';
import { backend } from './messages.js';
import { bindMessage, cancelRequest, executeMessage, parseMessage, queryMessage, syncMessage } from './requests.js';
import { inShort, TestingClient, unit } from './testing-client.js';
import { gatewayFor, hold, shopPolicy, shopSchema } from './testing-shop.js';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;
let direct: pg.Client;
let client: TestingClient;

beforeAll(async () => {
  server = await startPostgres();
  direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  await direct.query(shopSchema);
}, 60_000);
afterAll(async () => {
  await direct.end();
  await server.stop();
});
beforeEach(async () => {
  gateway = await gatewayFor(server);
  client = await TestingClient.login(gateway.port);
});
afterEach(async () => {
  client.end();
  await gateway.close();
});

const removal = (id: number): string => `DELETE FROM orders WHERE id = ${id}`;

async function exists(id: number): Promise<boolean> {
  const { rowCount } = await direct.query('SELECT FROM orders WHERE id = $1', [id]);
  return rowCount === 1;
}

async function settled(check: () => boolean): Promise<void> {
  for (let left = 100; !check() && left > 0; left -= 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(check()).toBe(true);
}

test('an approved request runs once, after a notice, and its outcome is reported', async () => {
  client.send(queryMessage(removal(1)));
  const notice = readDiagnostic(await client.next());
  const request = await gateway.host.approvals.pending();
  expect(notice).toMatchObject({ S: 'NOTICE', M: `waiting for approval ${request.id}` });
  expect(notice['D']).toContain('deletes need a second pair of eyes');
  expect(await exists(1)).toBe(true);
  await gateway.host.approvals.decide({ state: 'approved' });
  expect(inShort(await client.until('Z'))).toBe('C(DELETE 1) Z(I)');
  expect(await exists(1)).toBe(false);
  expect(gateway.host.approvals.reports).toEqual(['completed: DELETE 1']);
});

test('the approval binds parameters and shows them', async () => {
  const driver = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'u',
    password: 'good-token',
    database: 'shop',
  });
  await driver.connect();
  const running = driver.query('DELETE FROM orders WHERE id = $1', [2]);
  const request = await gateway.host.approvals.decide({ state: 'approved' });
  expect(request.parameters).toEqual(['2']);
  expect((await running).rowCount).toBe(1);
  await driver.end();
});

test.each([
  ['denied', { state: 'denied', comment: 'not today' }, '42501'],
  ['expired', { state: 'expired' }, '57014'],
  ['void', { state: 'void' }, '42501'],
] as const)('one that is %s never runs and the session lives on', async (_, resolution, code) => {
  client.send(queryMessage(removal(3)));
  await gateway.host.approvals.decide(resolution);
  expect(inShort(await client.until('Z'))).toBe(`N(00000) E(${code}) Z(I)`);
  expect(await exists(3)).toBe(true);
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
});

test('nothing behind a held request is looked at', async () => {
  client.send(queryMessage(removal(4)), queryMessage('SELECT 4'), queryMessage('DROP TABLE orders'));
  await gateway.host.approvals.pending();
  expect(gateway.host.executed()).toEqual([]);
  await gateway.host.approvals.decide({ state: 'approved' });
  expect(inShort(await client.until('Z', 3))).toBe('N(00000) C(DELETE 1) Z(I) T D(4) C(SELECT 1) Z(I) E(42501) Z(I)');
});

test('a held request in a pipeline keeps its place', async () => {
  client.send(...unit('SELECT 1'), ...unit(removal(5)), ...unit('SELECT 2'), syncMessage);
  const request = await gateway.host.approvals.pending();
  expect(request.action.kind).toBe('DELETE');
  await gateway.host.approvals.decide({ state: 'approved' });
  const heard = inShort(await client.until('Z'));
  expect(heard.replace(' N(00000)', '').replace('N(00000) ', '')).toBe(
    '1 2 D(1) C(SELECT 1) 1 2 C(DELETE 1) 1 2 D(2) C(SELECT 1) Z(I)',
  );
});

test('cancelling ends the wait with 57014 (PG-15)', async () => {
  client.send(queryMessage(removal(6)));
  await gateway.host.approvals.pending();
  const other = await TestingClient.open(gateway.port);
  other.send(cancelRequest(client.processId, client.secret));
  expect(await other.rest()).toEqual([]);
  expect(inShort(await client.until('Z'))).toBe('N(00000) E(57014) Z(I)');
  expect(gateway.host.approvals.abandoned).toHaveLength(1);
  expect(await exists(6)).toBe(true);
});

test('a client that leaves abandons its request (PG-37)', async () => {
  client.send(queryMessage(removal(7)));
  await gateway.host.approvals.pending();
  client.end();
  await settled(() => gateway.host.approvals.abandoned.length === 1);
  expect(await exists(7)).toBe(true);
});

test('in a transaction the wait is bounded (PG-75)', async () => {
  gateway.host.limits = { ...gateway.host.limits, maxHoldInTransactionSeconds: 0.2 };
  await client.ask([queryMessage('BEGIN')]);
  expect(await client.ask([queryMessage(removal(8))])).toBe('N(00000) E(57014) Z(E)');
  expect(await client.ask([queryMessage('COMMIT')])).toBe('C(ROLLBACK) Z(I)');
  expect(await exists(8)).toBe(true);
});

test('when the target goes away meanwhile the approval is worth nothing (PG-75)', async () => {
  await client.ask([queryMessage("SET idle_in_transaction_session_timeout = '300ms'")]);
  await client.ask([queryMessage('BEGIN')]);
  client.send(queryMessage(removal(9)));
  await gateway.host.approvals.pending();
  const heard = await client.rest();
  expect(readDiagnostic(heard.at(-1)!)).toMatchObject({ S: 'FATAL' });
  expect(gateway.host.approvals.abandoned).toHaveLength(1);
  expect(await exists(9)).toBe(true);
});

test('when names mean something else by the time of approval it is void (PG-76)', async () => {
  await direct.query('CREATE TABLE items (id int); INSERT INTO items VALUES (1)');
  client.send(queryMessage('DELETE FROM items'));
  await gateway.host.approvals.pending();
  await direct.query(
    'ALTER TABLE items RENAME TO old_items; CREATE TABLE items (id int); INSERT INTO items VALUES (2)',
  );
  await gateway.host.approvals.decide({ state: 'approved' });
  expect(inShort(await client.until('Z'))).toBe('N(00000) E(42501) Z(I)');
  expect((await direct.query('SELECT FROM items')).rowCount).toBe(1);
});

test('when policy denies by the time of approval it does not run', async () => {
  client.send(queryMessage(removal(10)));
  await gateway.host.approvals.pending();
  gateway.host.opinion = (action) => ({ ...shopPolicy(action), effect: 'deny' });
  await gateway.host.approvals.decide({ state: 'approved' });
  expect(inShort(await client.until('Z'))).toBe('N(00000) E(42501) Z(I)');
  expect(await exists(10)).toBe(true);
});

test('AP-08: a connection that dies while an approved request runs has an unknown outcome', async () => {
  gateway.host.opinion = () => hold;
  const late = queryMessage('SELECT pg_sleep(30)');
  const decided = gateway.host.approvals.decide({ state: 'approved' }); // for the connection
  const slow = TestingClient.login(gateway.port);
  await decided;
  const session = await slow;
  session.send(late);
  await gateway.host.approvals.decide({ state: 'approved' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await direct.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)'`);
  const heard = await session.rest();
  expect(heard.at(-1)![0]).toBe(backend.errorResponse);
  expect(gateway.host.approvals.reports.at(-1)).toMatch(/^unknown/);
});

test('AP-07, AP-10: executing twice asks twice', async () => {
  await client.ask([parseMessage('d', removal(11)), syncMessage]);
  for (const state of ['denied', 'approved'] as const) {
    client.send(bindMessage('', 'd'), executeMessage(''), syncMessage);
    await gateway.host.approvals.decide({ state });
    const heard = inShort(await client.until('Z'));
    expect(heard).toContain(state === 'denied' ? 'E(42501)' : 'C(DELETE 1)');
  }
});
