import type { EntityManager } from 'typeorm';
import { bumpRevision } from '../configuration/configuration-store.js';
import type { AccessRequestRow } from './access-request.store.js';
import type { GrantRow } from './grant.store.js';
import { insertGrant } from './grant.store.js';

/** A grant that gateways learn of with this revision. */
export interface Granted {
  readonly grant: GrantRow;
  readonly revision: number;
}

/** Starts what was asked for; the transaction must hold the revision. */
export async function grantNow(manager: EntityManager, request: AccessRequestRow): Promise<Granted> {
  const { role, resources, principal, seconds, break_glass } = request;
  const grant = await insertGrant(manager, {
    ...{ request_id: request.id, role, resources, principal, seconds, break_glass },
  });
  return { grant, revision: await bumpRevision(manager) };
}
