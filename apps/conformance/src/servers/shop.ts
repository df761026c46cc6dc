import pg from 'pg';
import { makeCanary, type Canary, type PostgresServer } from '@sallyport/testing';

/** Service accounts of the scenarios: one that sees masks, two that may approve and do all, one that may nothing. */
export const accounts = ['ci', 'reviewer', 'operator', 'stranger'] as const;
export type Account = (typeof accounts)[number];

/** What was planted in the masked columns: must never reach a client that may not see it. */
export interface Shop {
  readonly canaries: readonly Canary[];
}

/** Fills the target: customers with two classified columns, orders, a view, functions, a schema nobody may read. */
export async function fillShop(target: PostgresServer): Promise<Shop> {
  const canaries: Canary[] = [];
  const plant = (label: string): string => {
    const canary = makeCanary(label);
    canaries.push(canary);
    return canary.token;
  };
  await sql(target.adminUrl, `GRANT pg_read_all_stats TO ${target.user}; ALTER SCHEMA public OWNER TO ${target.user}`);
  await sql(
    target.url,
    `CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, ssn text, age int, note jsonb);
     CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, item text NOT NULL, amount numeric(10,2));
     CREATE TABLE audit_log (id serial PRIMARY KEY, line text);
     CREATE VIEW contacts AS SELECT id, name, ssn AS number FROM customers;
     CREATE SCHEMA secret; CREATE TABLE secret.keys (id int, value text);
     CREATE FUNCTION order_count() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM orders';
     CREATE FUNCTION leak_all() RETURNS SETOF text LANGUAGE sql AS 'SELECT ssn FROM customers'`,
  );
  const rows = Array.from({ length: 10 }, (_, index) => {
    const id = index + 1;
    return `(${id}, 'customer ${id}', '${plant(`email ${id}`)}@x.test', '${plant(`ssn ${id}`)}', ${20 + id}, '{"vip": ${id % 2 === 0}}')`;
  });
  await sql(target.url, `INSERT INTO customers VALUES ${rows.join(', ')}`);
  await sql(target.url, `INSERT INTO orders SELECT g, 1 + g % 10, 'item ' || g, g * 1.5 FROM generate_series(1, 50) g`);
  await sql(target.url, `INSERT INTO secret.keys VALUES (1, '${plant('secret key')}'); ANALYZE`);
  return { canaries };
}

/** Straight to the target, past the gateway: the oracle of what really happened. */
export async function sql<Row = Record<string, unknown>>(
  url: string,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(text, values);
    return (Array.isArray(result) ? [] : result.rows) as Row[];
  } finally {
    await client.end();
  }
}

/** Resource, accounts, groups and policies of every scenario. */
export function shopManifests(target: PostgresServer, tls: 'disable' | 'verify-full'): string {
  const upstream = {
    host: '127.0.0.1',
    port: target.port,
    database: target.database,
    tls,
    ...(tls === 'verify-full' && { ca: target.ca }),
  };
  const policies: Record<string, string> = {
    'ci-reads-public': `permit (principal in Group::"ci", action in [Action::"connect", Action::"select"], resource in Resource::"shop");
       forbid (principal in Group::"ci", action, resource in Schema::"shop/secret");`,
    'ci-inserts-audit': `permit (principal in Group::"ci", action == Action::"insert", resource == Table::"shop/public.audit_log");
       permit (principal in Group::"ci", action == Action::"update", resource == Table::"shop/public.audit_log_id_seq");`,
    'ci-deletes-after-approval': `@approval("dba") @reason("deletes need a second pair of eyes")
       permit (principal in Group::"ci", action == Action::"delete", resource == Table::"shop/public.orders");`,
    'ci-updates-quickly': `@approval("dba") @expires("2s") @reason("updates are approved at once or not at all")
       permit (principal in Group::"ci", action == Action::"update", resource == Table::"shop/public.orders");`,
    'no-ddl-for-ci': `@reason("the schema is changed by migrations only")
       forbid (principal in Group::"ci", action == Action::"alter", resource);`,
    'dba-does-all': `permit (principal in Group::"dba", action, resource in Resource::"shop");`,
  };
  const documents: unknown[] = [
    {
      kind: 'Resource',
      name: 'shop',
      spec: {
        protocol: 'postgres',
        labels: { env: 'test' },
        upstream,
        credential: { username: target.user, password: { value: target.password } },
        classification: [
          { column: 'public.customers.email', tags: ['pii'], mask: 'pseudonym' },
          { column: 'public.customers.ssn', tags: ['pii', 'secret'], mask: 'redact' },
        ],
      },
    },
    { kind: 'ServiceAccount', name: 'ci', spec: { groups: ['ci'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'reviewer', spec: { owner: 'database@example.com' } },
    { kind: 'ServiceAccount', name: 'operator', spec: { owner: 'operations@example.com' } },
    { kind: 'ServiceAccount', name: 'stranger', spec: { owner: 'outside@example.com' } },
    { kind: 'Group', name: 'dba', spec: { members: ['ServiceAccount::reviewer', 'ServiceAccount::operator'] } },
    ...Object.entries(policies).map(([name, cedar]) => ({ kind: 'Policy', name, spec: { cedar } })),
  ];
  // JSON is YAML: every document stands for itself.
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
