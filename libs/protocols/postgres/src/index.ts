import type { ProtocolAdapter } from '@sallyport/enforcement';
import { adapterFor } from './adapter.js';
import { postgresDialect } from './postgres-dialect.js';

/** The PostgreSQL adapter. One instance per gateway process: sessions can be cancelled only where it runs them. */
export function createPostgresAdapter(): ProtocolAdapter {
  return adapterFor(postgresDialect);
}
