import { z } from 'zod';
import { listQuery, pageOf } from './names.js';

const time = z.iso.datetime({ offset: true });

export const grantState = z.enum(['active', 'expired', 'revoked']);

/** A role on some resources for a while. */
export const grant = z.strictObject({
  id: z.uuid(),
  state: grantState,
  principal: z.string(),
  role: z.string(),
  resources: z.array(z.string()),
  /** Taken in an emergency, without approval. */
  breakGlass: z.boolean(),
  /** The request it came of. */
  requestId: z.uuid(),
  displayReason: z.string(),
  approvedBy: z.array(z.string()),
  startedAt: time,
  expiresAt: time,
  endedAt: time.nullable(),
  /** Who ended it before its time. */
  endedBy: z.string().nullable(),
});
export type Grant = z.infer<typeof grant>;
export const grantPage = pageOf(grant);

export const grantQuery = listQuery.extend({ state: grantState.optional() });
export type GrantQuery = z.infer<typeof grantQuery>;
