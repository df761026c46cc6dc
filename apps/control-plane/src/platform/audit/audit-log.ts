import type { Queryable } from '../database/query.js';

export interface AuditRecord {
  /** Principal, in the policy language's spelling, or `bootstrap`. */
  readonly actor: string;
  /** `resource.create`, `key.delete`, … */
  readonly action: string;
  /** What it was done to, e.g. `Resource::shop`. */
  readonly target: string;
  /** Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The audit trail, as those who must leave an entry see it. */
export interface AuditLog {
  /** @param db the transaction of the change itself, so that neither stands without the other. */
  record(entry: AuditRecord, db?: Queryable): Promise<void>;
}
/** Injection token of the one AuditLog. */
export const AUDIT_LOG = Symbol('AuditLog');
