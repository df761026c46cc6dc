import { z } from 'zod';
import { createdKey } from './service-account.js';

export const bootstrapBody = z.strictObject({ token: z.string().min(1).max(1024) });
export const bootstrapResult = createdKey.extend({ name: z.string() });
export type BootstrapResult = z.infer<typeof bootstrapResult>;

const tokenText = z.string().max(16_384);
const target = z.union([z.string(), z.array(z.string())]);

/** RFC 6749 §4.1.3, §4.4.2 and §6, RFC 7636 §4.5, RFC 8628 §3.4, RFC 8693 §2.1: which parameters, the grant says. */
export const tokenRequest = z.object({
  grant_type: z.string().max(200),
  client_id: z.string().max(200).optional(),
  /** A service-account key; or in HTTP Basic. */
  client_secret: z.string().max(400).optional(),
  code: tokenText.optional(),
  redirect_uri: z.string().max(2048).optional(),
  code_verifier: z.string().max(128).optional(),
  refresh_token: tokenText.optional(),
  device_code: tokenText.optional(),
  subject_token: tokenText.optional(),
  subject_token_type: z.string().max(200).optional(),
  /** Whoever acts for the subject: a service account. */
  actor_token: tokenText.optional(),
  actor_token_type: z.string().max(200).optional(),
  requested_token_type: z.string().max(200).optional(),
  /** Names of resources: the token is for these alone. May be repeated. */
  resource: target.optional(),
  audience: target.optional(),
  /** Actions, separated by spaces: the token is for these alone. */
  scope: z.string().max(400).optional(),
});
export type TokenRequest = z.infer<typeof tokenRequest>;

/** RFC 6749 §5.1, RFC 8693 §2.2.1. */
export const tokenResponse = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  issued_token_type: z.string().optional(),
});
export type TokenResponse = z.infer<typeof tokenResponse>;

/** RFC 7009 §2.1. */
export const revocationRequest = z.object({
  token: tokenText.min(1),
  token_type_hint: z.string().max(200).optional(),
  client_id: z.string().max(200).optional(),
});

/** RFC 6749 §5.2. */
export const tokenError = z.strictObject({ error: z.string(), error_description: z.string() });
export type TokenError = z.infer<typeof tokenError>;

export const jwks = z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) });

/** RFC 8414 §2, RFC 8628 §4, RFC 9207 §3. */
export const authorizationServer = z.strictObject({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  device_authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: z.string(),
  jwks_uri: z.string(),
  grant_types_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  code_challenge_methods_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.boolean(),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
});
