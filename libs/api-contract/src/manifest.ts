import { z } from 'zod';
import { groupSpec } from './group.js';
import { identityProviderSpec } from './identity-provider.js';
import { objectName } from './names.js';
import { policySpec } from './policy.js';
import { resourceSpec } from './resources/resource.js';
import { roleSpec } from './role.js';
import { serviceAccountSpec } from './service-account.js';
import { trustedIssuerSpec } from './trusted-issuer.js';
import { userSpec } from './user.js';

export const manifestKinds = [
  'Resource',
  'ServiceAccount',
  'User',
  'Group',
  'Role',
  'TrustedIssuer',
  'IdentityProvider',
  'Policy',
] as const;
export type ManifestKind = (typeof manifestKinds)[number];

/** One document of a manifest. */
export const manifest = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('Resource'), name: objectName, spec: resourceSpec }),
    z.strictObject({ kind: z.literal('ServiceAccount'), name: objectName, spec: serviceAccountSpec }),
    z.strictObject({ kind: z.literal('User'), name: objectName, spec: userSpec }),
    z.strictObject({ kind: z.literal('Group'), name: objectName, spec: groupSpec }),
    z.strictObject({ kind: z.literal('Role'), name: objectName, spec: roleSpec }),
    z.strictObject({ kind: z.literal('TrustedIssuer'), name: objectName, spec: trustedIssuerSpec }),
    z.strictObject({ kind: z.literal('IdentityProvider'), name: objectName, spec: identityProviderSpec }),
    z.strictObject({ kind: z.literal('Policy'), name: objectName, spec: policySpec }),
  ],
  {
    error: (issue) => (issue.code === 'invalid_union' ? `kind must be one of ${manifestKinds.join(', ')}` : undefined),
  },
);
export type Manifest = z.infer<typeof manifest>;

const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .default('false')
  .transform((text) => text === 'true' || text === '1' || text === '');

export const manifestQuery = z.strictObject({
  /** Says what would change and changes nothing. */
  dryRun: flag,
  /** Deletes what earlier manifests declared and this one does not. */
  prune: flag,
});
export type ManifestQuery = z.infer<typeof manifestQuery>;

export const manifestChange = z.strictObject({
  kind: z.enum(manifestKinds),
  name: z.string(),
  change: z.enum(['created', 'updated', 'unchanged', 'deleted']),
});
export type ManifestChange = z.infer<typeof manifestChange>;

export const manifestResult = z.strictObject({
  dryRun: z.boolean(),
  /** The revision that gateways will follow; the current one where nothing changed. */
  revision: z.int(),
  changes: z.array(manifestChange),
});
export type ManifestResult = z.infer<typeof manifestResult>;

/** One entry of `errors` in the problem `manifest-invalid`. */
export const manifestError = z.strictObject({
  /** Position in the stream, from 1. */
  document: z.int(),
  /** `spec.upstream.port`; empty for the document itself. */
  path: z.string(),
  reason: z.string(),
});
export type ManifestError = z.infer<typeof manifestError>;
