import { z } from 'zod';
import { objectName, pageOf, storedFields } from './names.js';
import { sshKeys } from './ssh-key.js';

/** One way a person is known: what one issuer calls them. An e-mail address is never an identity. */
export const externalIdentity = z.strictObject({
  /** Name of a TrustedIssuer or IdentityProvider. */
  issuer: objectName,
  /** The issuer's `sub`, or SAML NameID, exactly. */
  subject: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}]+$/u, 'must not hold control characters'),
});
const identities = z.array(externalIdentity).max(20);
const email = z.string().regex(/^[^\p{Cc}\s]{1,320}$/u, 'must be an e-mail address');
const displayName = z.string().regex(/^[^\p{Cc}]{1,200}$/u, 'must be 1 to 200 printable characters');

/** Where `disabled` is absent, what was stored stays. */
export const userSpec = z.strictObject({
  identities: identities.default([]),
  email: email.optional(),
  displayName: displayName.optional(),
  disabled: z.boolean().optional(),
  /** Public keys that are as good as a login at the SSH listener. Absent: none. */
  sshKeys: sshKeys.optional(),
});
export type UserSpec = z.infer<typeof userSpec>;

export const newUser = userSpec.extend({ name: objectName });

/** Only what is given changes; null removes. */
export const userPatch = z
  .strictObject({
    identities: identities.optional(),
    email: email.nullable().optional(),
    displayName: displayName.nullable().optional(),
    disabled: z.boolean().optional(),
    sshKeys: sshKeys.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'must change something');
export type UserPatch = z.infer<typeof userPatch>;

export const user = z.strictObject({
  name: objectName,
  identities: z.array(externalIdentity),
  email: z.string().nullable(),
  displayName: z.string().nullable(),
  disabled: z.boolean(),
  /** Absent: none. */
  sshKeys: z.array(z.string()).optional(),
  ...storedFields,
});
export type User = z.infer<typeof user>;
export const userPage = pageOf(user);
