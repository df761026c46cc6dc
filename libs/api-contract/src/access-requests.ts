import { z } from 'zod';
import { approvalDecision } from './approvals.js';
import { listQuery, objectName, pageOf, principalReference } from './names.js';

const time = z.iso.datetime({ offset: true });

/** `pending` is on the way; every other state is final. `void`: what it asked for may no longer be asked for. */
export const accessRequestState = z.enum(['pending', 'approved', 'denied', 'withdrawn', 'expired', 'void']);

/** Capped, so that an approver reads all of it. */
const reason = z.string().trim().min(1).max(1000);
const seconds = z
  .int()
  .min(1)
  .max(30 * 24 * 3600);

export const newAccessRequest = z.strictObject({
  role: objectName,
  resources: z.array(objectName).min(1).max(100),
  reason,
  /** For how long, from the deciding approval on. */
  seconds,
  /** Who is to have the role; absent: the caller. An owner may ask for a service account of theirs. */
  principal: principalReference.optional(),
  /** At once and loudly, by whom the role lets do so. */
  breakGlass: z.boolean().default(false),
});
export type NewAccessRequest = z.infer<typeof newAccessRequest>;

/** Longer than was granted; decided by the same rules. */
export const extendBody = z.strictObject({ seconds, reason });
export type ExtendBody = z.infer<typeof extendBody>;

export const withdrawBody = z.strictObject({});

export const accessRequest = z.strictObject({
  id: z.uuid(),
  state: accessRequestState,
  /** Why it ended as it did, where that is not plain from the decisions. */
  stateReason: z.string().nullable(),
  role: z.string(),
  resources: z.array(z.string()),
  /** Who is to have the role. */
  principal: z.string(),
  /** Who asked. */
  requester: z.string(),
  reason: z.string(),
  /** The same with every invisible or direction-changing character written as `\u{hex}`: what an approver reads. */
  displayReason: z.string(),
  seconds: z.int(),
  breakGlass: z.boolean(),
  /** The grant that this would make longer. */
  extends: z.uuid().nullable(),
  /** The grant that came of it. */
  grantId: z.uuid().nullable(),
  decisions: z.array(approvalDecision),
  createdAt: time,
  /** Undecided until then, it ends. */
  expiresAt: time,
  resolvedAt: time.nullable(),
});
export type AccessRequest = z.infer<typeof accessRequest>;
export const accessRequestPage = pageOf(accessRequest);

export const accessRequestQuery = listQuery.extend({ state: accessRequestState.optional() });
export type AccessRequestQuery = z.infer<typeof accessRequestQuery>;
