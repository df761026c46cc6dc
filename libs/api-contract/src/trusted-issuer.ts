import { z } from 'zod';
import { objectName, pageOf, storedFields } from './names.js';

/** https, or http on loopback only. */
export const issuerUrl = z
  .string()
  .max(2048)
  .refine(isIssuerUrl, 'must be an https URL without query or fragment (http on loopback only)');

function isIssuerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username || password || search || hash || /[?#\s]/.test(text)) return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

export const issuerPresets = [
  'github-actions',
  'gitlab',
  'buildkite',
  'circleci',
  'kubernetes',
  'spiffe',
  'google',
  'azure',
  'aws',
] as const;

const scalar = z.union([z.string().max(1024), z.number(), z.boolean()]);
/** The claim must be this, one of these, or a string that `like` describes, where `*` stands for anything. */
export const claimRule = z.union([
  scalar,
  z.array(scalar).min(1).max(100),
  z.strictObject({ like: z.string().min(1).max(1024) }),
]);

const principal = z
  .string()
  .regex(
    /^(ServiceAccount::[^\s:"]+|User)$/,
    'must be ServiceAccount::NAME, or User for the person with this identity',
  );

export const matchRule = z.strictObject({
  claims: z
    .record(z.string().min(1).max(256), claimRule)
    .refine((claims) => Object.keys(claims).length > 0, 'must name a claim'),
  principal,
});
export type MatchRule = z.infer<typeof matchRule>;

const audience = z.string().min(1).max(1024);

/** Tokens of this issuer are accepted as they are. */
export const trustedIssuerSpec = z.strictObject({
  issuer: issuerUrl,
  /** The token's `aud` must hold one of these. */
  audience: z.union([audience, z.array(audience).min(1).max(20)]),
  preset: z.enum(issuerPresets).optional(),
  /** Signatures that count; absent: what the preset says, else RS256 and ES256. */
  algorithms: z.array(z.enum(signatureAlgorithms)).min(1).optional(),
  /** Absent: found by the issuer's discovery document. */
  jwksUri: issuerUrl.optional(),
  /** The keys themselves, for an issuer that cannot be reached. */
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(50) }).optional(),
  /** The first rule that fits says who it is; without one the token proves nobody. */
  match: z.array(matchRule).min(1).max(200),
  /** How long a session may outlive the login with such a token. Seconds. */
  sessionSeconds: z
    .int()
    .min(1)
    .max(24 * 3600)
    .default(3600),
});
export type TrustedIssuerSpec = z.infer<typeof trustedIssuerSpec>;

export const newTrustedIssuer = trustedIssuerSpec.extend({ name: objectName });
export const trustedIssuer = trustedIssuerSpec.extend({ name: objectName, ...storedFields });
export type TrustedIssuer = z.infer<typeof trustedIssuer>;
export const trustedIssuerPage = pageOf(trustedIssuer);

const time = z.iso.datetime({ offset: true });
/** What of an issuer's keys is known, for whoever wonders why its tokens are refused. */
export const issuerKeyState = z.strictObject({
  source: z.enum(['declared', 'fetched']),
  keys: z.array(z.strictObject({ id: z.string().nullable(), type: z.string(), algorithm: z.string().nullable() })),
  /** The last fetch that worked. */
  fetchedAt: time.nullable(),
  /** Until when the keys count if none works any more; null: until the declaration changes, or they were never fetched. */
  validUntil: time.nullable(),
  /** Why the last fetch did not work; null: it did. */
  failure: z.string().nullable(),
});
export type IssuerKeyState = z.infer<typeof issuerKeyState>;
