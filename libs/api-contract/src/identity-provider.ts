import { z } from 'zod';
import { objectName, pageOf, storedFields } from './names.js';
import { secretSource } from './secret-source.js';
import { issuerUrl } from './trusted-issuer.js';

const loginSeconds = z
  .int()
  .min(60)
  .max(7 * 24 * 3600)
  .default(12 * 3600);

/** OpenID Connect: authorization code with PKCE. */
const oidcFields = {
  protocol: z.literal('oidc'),
  issuer: issuerUrl,
  clientId: z.string().min(1).max(500),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/))
    .max(30)
    .default(['openid', 'profile', 'email']),
  /** How long a login lasts at most. Seconds. */
  loginSeconds,
};
/** SAML 2.0 web browser SSO, HTTP-POST binding. */
const samlFields = {
  protocol: z.literal('saml'),
  /** Where the browser is sent. */
  entryPoint: issuerUrl,
  /** The identity provider's entity id. */
  entityId: z.string().min(1).max(1024),
  /** Signing certificates, PEM. */
  certificates: z.array(z.string().min(1).max(20_000)).min(1).max(5),
  /** Answers nobody asked for; off unless told. */
  allowUnsolicited: z.boolean().default(false),
  loginSeconds,
};

/** Where people sign in. */
export const identityProviderSpec = z.discriminatedUnion('protocol', [
  z.strictObject({ ...oidcFields, clientSecret: secretSource.optional() }),
  z.strictObject(samlFields),
]);
export type IdentityProviderSpec = z.infer<typeof identityProviderSpec>;

export const newIdentityProvider = z.discriminatedUnion('protocol', [
  z.strictObject({ name: objectName, ...oidcFields, clientSecret: secretSource.optional() }),
  z.strictObject({ name: objectName, ...samlFields }),
]);

/** The secret is never shown. */
export const identityProvider = z.discriminatedUnion('protocol', [
  z.strictObject({ name: objectName, ...oidcFields, ...storedFields }),
  z.strictObject({ name: objectName, ...samlFields, ...storedFields }),
]);
export type IdentityProvider = z.infer<typeof identityProvider>;
export const identityProviderPage = pageOf(identityProvider);
