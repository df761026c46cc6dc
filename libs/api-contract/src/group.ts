import { z } from 'zod';
import { memberReference, objectName, pageOf, storedFields } from './names.js';

const members = z.array(memberReference).max(10_000);

/** Whoever comes with this claim from this issuer is in the group, for as long as that login or token says so. */
export const claimMembership = z.strictObject({
  /** Name of a TrustedIssuer or IdentityProvider. */
  issuer: objectName,
  /** Name of the claim, or of the SAML attribute. */
  claim: z.string().min(1).max(256),
  /** The claim is this text, or a list that holds it. Nothing else counts: no case folding, no conversion. */
  equals: z.string().min(1).max(1024),
});
const claims = z.array(claimMembership).max(1000);

export const groupSpec = z.strictObject({ members: members.default([]), claims: claims.default([]) });
export type GroupSpec = z.infer<typeof groupSpec>;

export const newGroup = groupSpec.extend({ name: objectName });

export const group = z.strictObject({ name: objectName, members, claims, ...storedFields });
export type Group = z.infer<typeof group>;
export const groupPage = pageOf(group);
