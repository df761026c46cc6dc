import { z } from 'zod';

/** The facts that cross replicas. Payloads are ids; whoever acts on one reads the rest from the database. */
export const topics = {
  /** Something that gateways see has changed; the snapshot is to be built anew. */
  'policy.changed': z.unknown(),
  'identity.revoked': z.object({
    principal: z.string(),
    credentialId: z.string().optional(),
    /** The revision that no longer has it. */
    revision: z.int().optional(),
  }),
  'session.terminate': z.object({ gateway: z.string(), sessionId: z.uuid() }),
  /** Somebody watches the session, for the next seconds. */
  'session.watched': z.object({ gateway: z.string(), sessionId: z.uuid() }),
  /** A segment of a session that is watched has been stored. */
  'recording.stored': z.object({ sessionId: z.uuid() }),
  'approval.resolved': z.object({ gateway: z.string(), approvalId: z.uuid() }),
  /** The gateway was deleted, or enrolled anew with the key to keep: its connections under any other key end. */
  'gateway.revoked': z.object({ gateway: z.string(), keepThumbprint: z.string().optional() }),
  /** The gateway has a newer connection, here or on another replica. */
  'gateway.superseded': z.object({ gateway: z.string(), connectionId: z.string() }),
  /** Somebody took a role without approval. */
  'grant.broke-glass': z.object({ grantId: z.uuid() }),
} as const;
export type Topic = keyof typeof topics;
