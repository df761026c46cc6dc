import { z } from 'zod';

/** Somebody whom an identity provider has proved, by whatever protocol. */
export const provedIdentity = z.object({
  /** Name of the IdentityProvider. */
  provider: z.string(),
  /** Its `sub`, or SAML NameID, exactly. */
  subject: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}]+$/u),
  /** Claims or attributes; what groups are made of. */
  claims: z.record(z.string(), z.unknown()),
  /** The provider's own session: OIDC `sid`, SAML SessionIndex. */
  idpSession: z.string().max(1024).optional(),
  email: z.string().optional(),
  displayName: z.string().optional(),
  /** The login ends then at the latest; ISO 8601. */
  notAfter: z.iso.datetime().optional(),
});
export type ProvedIdentity = z.infer<typeof provedIdentity>;
