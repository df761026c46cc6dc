import type { Decision, MaskObligation } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import { createPostgresAdapter } from './index.js';
import { permitAll, TestingHost, type Opinion } from './testing-host.js';

/** Where the target of a test is. */
export interface ShopServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Tables that tests talk about. Every secret holds the word `secret`, so that a leak can be told from any bytes. */
export const shopSchema = `
  CREATE TABLE customers (id int PRIMARY KEY, name text, city text, ssn text CHECK (ssn <> 'bad'));
  INSERT INTO customers SELECT g, 'name ' || g, 'city ' || g, 'secret-' || g FROM generate_series(1, 20) g;
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int, status text DEFAULT 'new');
  INSERT INTO orders SELECT g, g % 20 + 1, 'new' FROM generate_series(1, 50) g;`;

const ssn = { kind: 'Column', resource: 'shop', schema: 'public', table: 'customers', column: 'ssn' } as const;
export const maskSsn: MaskObligation = { kind: 'mask', column: ssn, method: 'redact' };

export function binding(server: ShopServer, changes: Partial<ResourceBinding> = {}): ResourceBinding {
  return {
    name: 'shop',
    protocol: 'postgres',
    upstream: { host: server.host, port: server.port, database: server.database, tls: 'disable' },
    credential: { username: server.user, password: server.password },
    classification: [{ column: ssn, tags: ['pii'], mask: 'redact' }],
    fields: [],
    revision: '1',
    ...changes,
  };
}

export const deny = (text?: string): Decision => ({
  effect: 'deny',
  because: [{ code: 'forbidden', policy: 'the-policy', text }],
  policyRevision: 1,
});
export const hold: Decision = {
  effect: 'hold',
  approval: { requirements: [{ groups: ['dba'], quorum: 1 }], expiresInSeconds: 60 },
  obligations: [],
  because: [{ code: 'needs-approval', text: 'deletes need a second pair of eyes' }],
  policyRevision: 1,
};

/** Masks ssn wherever it is read, denies DROP, holds DELETE, permits the rest. */
export const shopPolicy: Opinion = (action) => {
  if (action.kind.startsWith('DROP') || /\bdrop table\b/i.test(action.text)) return deny('tables stay');
  const reads = [...action.lineage.usedElsewhere];
  for (const result of action.lineage.results) {
    if (result && result !== 'opaque') reads.push(...result.columns.flatMap((column) => column.sources));
  }
  for (const { object, columns } of action.effects) {
    if (object.kind === 'Table' && object.table === 'customers' && columns?.includes('ssn')) reads.push(ssn);
  }
  const obligations = reads.some((column) => column.table === 'customers' && column.column === 'ssn') ? [maskSsn] : [];
  const verdict = action.effects.some((effect) => effect.verb === 'delete') ? hold : permitAll(action);
  return { ...verdict, obligations };
};

/** A gateway in front of a server, until closed. */
export async function gatewayFor(
  server: ShopServer,
  opinion: Opinion = shopPolicy,
): Promise<{ host: TestingHost; port: number; close: () => Promise<void> }> {
  const host = new TestingHost(createPostgresAdapter());
  host.opinion = opinion;
  host.bindings.set('shop', binding(server));
  const { port, close } = await host.listen();
  return { host, port, close };
}

/** Bytes that left the gateway towards clients hold no secret. */
export function leaks(bytes: readonly Buffer[]): boolean {
  return Buffer.concat(bytes).includes('secret');
}
