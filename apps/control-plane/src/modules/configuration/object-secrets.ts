import type { Manifest, ManifestKind, SecretSource } from '@sallyport/api-contract';
import { isDeepStrictEqual } from 'node:util';
import type { StoredObject, StoredSpecs } from './configuration.js';
import { resourceHolder, resourceSecret } from './resource-secret.js';

/** Under which kind the secret store keeps the one secret of an object, by the object's name. */
export const secretKinds: Readonly<Partial<Record<ManifestKind, string>>> = {
  Resource: 'resource-password',
  IdentityProvider: 'provider-client-secret',
};

/** What a declaration says about its secret. */
export interface DeclaredSecret {
  /** Where in the document it stands. */
  readonly path: string;
  /** Undefined: the stored one stays. */
  readonly source: SecretSource | undefined;
  readonly isRequired: boolean;
  /**
   * Whom the secret is shown to; it must be given again when this changes. Otherwise whoever may change an object could
   * have its secret sent to a server of their own.
   */
  readonly holder: readonly unknown[];
  /** The holder as stored before. */
  holderBefore(before: StoredObject): readonly unknown[];
  readonly holderWords: string;
}

/** Undefined: objects of this kind, or of this shape, have no secret. */
export function declaredSecret(manifest: Manifest): DeclaredSecret | undefined {
  if (manifest.kind === 'Resource') {
    const { spec } = manifest;
    const secret = resourceSecret(spec);
    if (!secret) return undefined;
    return {
      ...secret,
      isRequired: true,
      holder: resourceHolder(spec),
      holderBefore: ({ spec: before }) => resourceHolder(before as StoredSpecs['Resource']),
      holderWords: 'the upstream, the user name or the kind of credential',
    };
  }
  if (manifest.kind !== 'IdentityProvider' || manifest.spec.protocol !== 'oidc') return undefined;
  const { issuer, clientId, clientSecret } = manifest.spec;
  return {
    path: 'spec.clientSecret',
    source: clientSecret,
    isRequired: false,
    holder: [issuer, clientId],
    holderBefore: ({ spec }) => {
      const before = spec as StoredSpecs['IdentityProvider'];
      return before.protocol === 'oidc' ? [before.issuer, before.clientId] : [];
    },
    holderWords: 'the issuer or the client id',
  };
}

export function hasMoved(secret: DeclaredSecret, before: StoredObject): boolean {
  return !isDeepStrictEqual(secret.holderBefore(before), secret.holder);
}
