import { z } from 'zod';
import { memberReference, objectName, pageOf, storedFields } from './names.js';

const members = z.array(memberReference).max(10_000);

export const groupSpec = z.strictObject({
  members: members.default([]),
  claims: z
    .array(z.unknown())
    .max(0, 'mapping token claims to groups needs a TrustedIssuer, which this version does not serve')
    .optional(),
});
export type GroupSpec = z.infer<typeof groupSpec>;

export const newGroup = groupSpec.extend({ name: objectName });

export const group = z.strictObject({ name: objectName, members, ...storedFields });
export type Group = z.infer<typeof group>;
export const groupPage = pageOf(group);
