import { z } from 'zod';
import { createdKey } from './service-account.js';

export const bootstrapBody = z.strictObject({ token: z.string().min(1).max(1024) });
export const bootstrapResult = createdKey.extend({ name: z.string() });
export type BootstrapResult = z.infer<typeof bootstrapResult>;

/** RFC 6749 §4.4.2. The secret is a service-account key, here or in HTTP Basic. */
export const tokenRequest = z.object({
  grant_type: z.string().max(200),
  client_id: z.string().max(200).optional(),
  client_secret: z.string().max(400).optional(),
  scope: z.string().max(400).optional(),
});
export type TokenRequest = z.infer<typeof tokenRequest>;

/** RFC 6749 §5.1. */
export const tokenResponse = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  /** Of people's logins: works once, and gets the next one. */
  refresh_token: z.string().optional(),
});
export type TokenResponse = z.infer<typeof tokenResponse>;

/** RFC 6749 §5.2. */
export const tokenError = z.strictObject({ error: z.string(), error_description: z.string() });
export type TokenError = z.infer<typeof tokenError>;

export const jwks = z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) });

/** RFC 8414 §2. */
export const authorizationServer = z.strictObject({
  issuer: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
  grant_types_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
});
