import pg from 'pg';
import { startPostgres, type PostgresServer } from '@sallyport/testing';

export const accountRows = 100_000;

/** A target with pgbench-like accounts and a table with two classified columns. */
export async function startTarget(maxConnections: number): Promise<PostgresServer> {
  const target = await startPostgres({ version: '18', maxConnections, settings: { shared_buffers: '128MB' } });
  const client = new pg.Client({ connectionString: target.url });
  await client.connect();
  await client.query(
    `CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));
     INSERT INTO accounts SELECT g, 1, g % 1000, '' FROM generate_series(1, ${accountRows}) g;
     CREATE TABLE customers (id int PRIMARY KEY, name text, email text, ssn text, city text, note text);
     INSERT INTO customers SELECT g, 'customer ' || g, 'c' || g || '@example.com', lpad(g::text, 9, '0'), 'city ' || g % 50,
       repeat('n', 40) FROM generate_series(1, 10000) g`,
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
  return target;
}

/** One reader who sees two masked columns. The policies of the demo's shape: a permit, a hold, a forbid, a reviewer. */
export function manifests(target: PostgresServer): string {
  const cedar = {
    reads: `permit (principal in Group::"ci", action in [Action::"connect", Action::"select"], resource in Resource::"shop");`,
    deletes: `@approval("dba") permit (principal in Group::"ci", action == Action::"delete", resource in Resource::"shop");`,
    ddl: `@reason("no DDL") forbid (principal in Group::"ci", action == Action::"alter", resource);`,
    dba: `permit (principal in Group::"dba", action, resource in Resource::"shop");`,
  };
  const documents = [
    {
      kind: 'Resource',
      name: 'shop',
      spec: {
        protocol: 'postgres',
        upstream: { host: target.host, port: target.port, database: target.database, tls: 'disable' },
        credential: { username: target.user, password: { value: target.password } },
        classification: [
          { column: 'public.customers.email', tags: ['pii'], mask: 'pseudonym' },
          { column: 'public.customers.ssn', tags: ['pii'], mask: 'redact' },
        ],
      },
    },
    { kind: 'ServiceAccount', name: 'ci', spec: { groups: ['ci'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'dba', spec: { groups: ['dba'], owner: 'database@example.com' } },
    ...Object.entries(cedar).map(([name, text]) => ({ kind: 'Policy', name, spec: { cedar: text } })),
  ];
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
