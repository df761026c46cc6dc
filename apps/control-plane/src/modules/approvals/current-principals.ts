import type { Principal } from '@sallyport/domain';
import type { Queryable } from '../../platform/database/query.js';

/** Who is who now, whatever they were when they asked or approved. */
export interface CurrentPrincipals {
  /**
   * Undefined: unknown, or disabled.
   * @param ref as in `ServiceAccount::ci`.
   * @param db the caller's transaction: waiting there for a second connection of the same pool could wait for ever.
   */
  find(ref: string, db: Queryable): Promise<Principal | undefined>;
}

/** Injection token. */
export const CURRENT_PRINCIPALS = Symbol('CurrentPrincipals');
