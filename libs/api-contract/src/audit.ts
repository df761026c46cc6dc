import { z } from 'zod';

/** One entry of the hash chain: `hash` is SHA-256 over `previousHash` and `body`. */
export const auditEntry = z.strictObject({
  seq: z.int(),
  at: z.iso.datetime({ offset: true }),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  detail: z.unknown(),
  /** The exact JSON text that is hashed. */
  body: z.string(),
  previousHash: z.string(),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditQuery = z.strictObject({
  action: z.string().max(128).optional(),
  target: z.string().max(300).optional(),
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
export type AuditQuery = z.infer<typeof auditQuery>;

export const auditPage = z.strictObject({ items: z.array(auditEntry), next: z.string().nullable() });

/** `ENTRIES:HASH`, the head as it was noted earlier: what follows must still begin with it. */
export const auditIntegrityQuery = z.strictObject({
  head: z
    .string()
    .regex(/^[1-9]\d{0,14}:[0-9a-f]{64}$/, 'must be ENTRIES:HASH')
    .transform((text) => ({ entries: Number(text.split(':')[0]), hash: text.split(':')[1]! }))
    .optional(),
});
export type AuditIntegrityQuery = z.infer<typeof auditIntegrityQuery>;

/** Whether the whole chain holds, and where it first does not. */
export const auditIntegrity = z.strictObject({
  intact: z.boolean(),
  entries: z.int(),
  brokenAt: z.int().nullable(),
  head: z.string(),
});
export type AuditIntegrity = z.infer<typeof auditIntegrity>;
