import { z } from 'zod';
import { memberReference, objectName, pageOf, storedFields } from './names.js';

const groups = z.array(objectName).max(100);

/** Who may ask for a role, and who decides. */
export const roleRequestRules = z.strictObject({
  /** Groups that may ask; absent: whoever is known. */
  requesters: groups.optional(),
  /** Groups that decide; never the requester, by any path. */
  approvers: groups.min(1),
  /** Distinct people that must approve. */
  quorum: z.int().min(1).max(10).default(1),
  /** Longest grant, extensions included. Seconds. */
  maxSeconds: z
    .int()
    .min(1)
    .max(30 * 24 * 3600)
    .default(3600),
  /** Resources it may be asked for; absent: all. */
  resources: z.array(objectName).max(1000).optional(),
  /** Groups that may take it at once in an emergency, loudly. */
  breakGlass: groups.default([]),
});
export type RoleRequestRules = z.infer<typeof roleRequestRules>;

/** What a role allows is for policies to say: `principal in Role::"NAME"`. */
export const roleSpec = z.strictObject({
  description: z
    .string()
    .regex(/^[^\p{Cc}]{0,500}$/u)
    .optional(),
  /** Who has it always, on every resource. */
  members: z.array(memberReference).max(10_000).default([]),
  /** Absent: nobody can ask for it. */
  request: roleRequestRules.optional(),
});
export type RoleSpec = z.infer<typeof roleSpec>;

export const newRole = roleSpec.extend({ name: objectName });

export const role = z.strictObject({
  name: objectName,
  description: z.string().nullable(),
  members: z.array(z.string()),
  request: roleRequestRules.nullable(),
  ...storedFields,
});
export type Role = z.infer<typeof role>;
export const rolePage = pageOf(role);
