import pg from 'pg';
import { startCluster, type Cluster } from '../local/postgres/cluster.js';
import { demoSeed } from './demo-seed.js';

/** The role that the gateway uses on the target: an ordinary one that owns its tables, and no superuser. */
export const demoRole = 'shop_app';
export const demoDatabase = 'shop';

export interface DemoDatabaseOptions {
  readonly data: string;
  readonly port: number;
  /** Of `shop_app`. */
  readonly password: string;
}

/** A second small PostgreSQL that plays the target, with a database `shop` in it. */
export async function startDemoDatabase({ data, port, password }: DemoDatabaseOptions): Promise<Cluster> {
  const cluster = await startCluster({ data, name: 'demo-shop', port });
  try {
    await connected(cluster.url('postgres'), (client) => prepare(client, password));
    await connected(cluster.url(demoDatabase), seed);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function prepare(client: pg.Client, password: string): Promise<void> {
  const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [demoRole]);
  const login = `LOGIN NOSUPERUSER PASSWORD ${client.escapeLiteral(password)}`;
  await client.query(`${role.rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${demoRole} ${login}`);
  const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [demoDatabase]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${demoDatabase} OWNER ${demoRole}`);
}

/** Once, and whole: later starts keep what people changed. */
async function seed(client: pg.Client): Promise<void> {
  const found = await client.query<{ present: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_tables WHERE tableowner = $1) AS present`,
    [demoRole],
  );
  if (found.rows[0]?.present) return;
  await client.query(`BEGIN; SET LOCAL ROLE ${demoRole}; ${demoSeed}; COMMIT`);
}

async function connected(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
