import { migrations } from '@sallyport/migrations';
import { DataSource } from 'typeorm';
import { entities } from '../../entities.js';

/** Injection token of the TypeORM DataSource, initialised and migrated. */
export const DATA_SOURCE = Symbol('DataSource');

/** Any number, the same in every replica: whoever holds it migrates. */
const migrationLock = 7_253_001;
const statementTimeoutMs = 30_000;

/** Connects, and brings the schema up to date. Replicas that start together wait for one another. */
export async function openDataSource(databaseUrl: string): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'sallyport-control-plane',
    entities,
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolSize: 20,
    connectTimeoutMS: 10_000,
    extra: { statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: statementTimeoutMs },
  });
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

async function migrate(dataSource: DataSource): Promise<void> {
  const holder = dataSource.createQueryRunner();
  await holder.connect();
  try {
    // Waiting for another replica's long migration is not a stuck statement.
    await holder.query('SET statement_timeout = 0');
    await holder.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    try {
      await dataSource.runMigrations();
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
      await holder.query(`SET statement_timeout = ${statementTimeoutMs}`);
    }
  } finally {
    await holder.release();
  }
}
