import { migrations } from '@sallyport/migrations';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { openDataSource } from './data-source.js';
import { rows } from './query.js';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres({ version: '18', maxConnections: 150 });
}, 60_000);
afterAll(() => postgres.stop());

const tables = (url: string) =>
  openDataSource(url).then(async (dataSource) => {
    const found = await rows<{ name: string }>(
      dataSource,
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    return { dataSource, names: found.map(({ name }) => name) };
  });

test('replicas that start together on an empty database all start, and migrate it once', async () => {
  const opened = await Promise.all(Array.from({ length: 6 }, () => openDataSource(postgres.url)));
  const ran = await rows<{ name: string }>(opened[0]!, 'SELECT name FROM migrations ORDER BY id');
  expect(ran.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name));
  await Promise.all(opened.map((dataSource) => dataSource.destroy()));
}, 30_000);

test('every migration can be undone and done again', async () => {
  const { dataSource, names } = await tables(postgres.url);
  for (const _ of migrations) await dataSource.undoLastMigration();
  const left = await rows<{ name: string }>(
    dataSource,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  expect(left).toEqual([{ name: 'migrations' }]);
  const functions = await rows(dataSource, `SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace`);
  expect(functions).toEqual([]);
  await dataSource.destroy();
  const again = await tables(postgres.url);
  expect(again.names).toEqual(names);
  await again.dataSource.destroy();
});

test('rows are rows, whatever the statement', async () => {
  const dataSource = await openDataSource(postgres.url);
  await dataSource.query('CREATE TABLE numbers (n integer)');
  expect(await rows(dataSource, 'INSERT INTO numbers VALUES (1), (2) RETURNING n')).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await rows(dataSource, 'UPDATE numbers SET n = n + 1 WHERE n = $1 RETURNING n', [2])).toEqual([{ n: 3 }]);
  expect(await rows(dataSource, 'DELETE FROM numbers RETURNING n')).toHaveLength(2);
  expect(await rows(dataSource, 'SELECT n FROM numbers')).toEqual([]);
  await dataSource.query('DROP TABLE numbers');
  await dataSource.destroy();
});
