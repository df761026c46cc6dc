import { z } from 'zod';

export const approvalState = z.enum(['pending', 'approved', 'consumed', 'denied', 'expired', 'abandoned', 'void']);

const time = z.iso.datetime({ offset: true });

/** One person's word on an approval. */
export const approvalDecision = z.strictObject({
  principal: z.string(),
  verdict: z.enum(['approve', 'deny']),
  comment: z.string().nullable(),
  decidedAt: time,
});

/** As it stands in a list: enough to choose from, never enough to decide on. */
export const approvalSummary = z.strictObject({
  id: z.uuid(),
  state: approvalState,
  requester: z.string(),
  resource: z.string(),
  protocol: z.string(),
  kind: z.string(),
  /** The beginning of `displayText`. */
  excerpt: z.string(),
  /** True where the excerpt leaves something out. */
  truncated: z.boolean(),
  reasons: z.array(z.string()),
  createdAt: time,
  expiresAt: time,
});
export type ApprovalSummary = z.infer<typeof approvalSummary>;

export const approval = z.strictObject({
  id: z.uuid(),
  state: approvalState,
  /** Why it ended as it did, where that is not plain from the decisions. */
  stateReason: z.string().nullable(),
  requester: z.strictObject({ principal: z.string(), owner: z.string().nullable(), groups: z.array(z.string()) }),
  credentialId: z.string(),
  clientAddress: z.string(),
  sessionId: z.uuid(),
  gateway: z.string(),
  resource: z.string(),
  protocol: z.string(),
  decisionId: z.string(),
  seq: z.int(),
  kind: z.string(),
  /** The exact text that runs once approved. */
  text: z.string(),
  /** The same with every invisible or direction-changing character written as `\u{hex}`: what a reviewer reads. */
  displayText: z.string(),
  /** Bound parameters, in order; null is the protocol's NULL. */
  parameters: z.array(z.string().nullable()).nullable(),
  displayParameters: z.array(z.string().nullable()).nullable(),
  effects: z.array(z.strictObject({ verb: z.string(), object: z.string() })),
  terms: z.strictObject({
    requirements: z.array(z.strictObject({ groups: z.array(z.string()), quorum: z.int() })),
    expiresInSeconds: z.number(),
  }),
  reasons: z.array(z.string()),
  policyRevision: z.int(),
  /** SHA-256, hex, over everything that the approval binds to. */
  bindingHash: z.string(),
  decisions: z.array(approvalDecision),
  createdAt: time,
  expiresAt: time,
  resolvedAt: time.nullable(),
  consumedAt: time.nullable(),
  /** What became of the execution; null until it is known. */
  outcome: z.enum(['completed', 'failed', 'unknown']).nullable(),
  outcomeDetail: z.string().nullable(),
});
export type Approval = z.infer<typeof approval>;

const comment = z.string().trim().max(2000);
export const approveBody = z.strictObject({ comment: comment.optional() });
export const denyBody = z.strictObject({ comment: comment.min(1) });

export const approvalQuery = z.strictObject({
  state: approvalState.optional(),
  resource: z.string().max(128).optional(),
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
export type ApprovalQuery = z.infer<typeof approvalQuery>;

export const approvalPage = z.strictObject({ items: z.array(approvalSummary), next: z.string().nullable() });
