import type { Manifest, ManifestKind } from '@sallyport/api-contract';
import type { StoredObject, StoredSpecs } from './configuration.js';
import { withoutSecret } from './resource-secret.js';

/** What is kept of a declaration: defaults filled in, secrets left out. As JSON keeps it: undefined members are gone. */
export function storedSpec(manifest: Manifest, before: StoredObject | undefined): StoredSpecs[ManifestKind] {
  return JSON.parse(JSON.stringify(specOf(manifest, before))) as StoredSpecs[ManifestKind];
}

function specOf(manifest: Manifest, before: StoredObject | undefined): StoredSpecs[ManifestKind] {
  switch (manifest.kind) {
    case 'Resource':
      return withoutSecret(manifest.spec);
    case 'ServiceAccount': {
      const stored = before?.spec as StoredSpecs['ServiceAccount'] | undefined;
      const { groups, owner, disabled, expiresAt, sshKeys } = manifest.spec;
      return {
        groups: unique(groups),
        // Once somebody answers for an account, somebody does.
        owner: owner ?? stored?.owner ?? null,
        disabled: disabled ?? stored?.disabled ?? false,
        expiresAt: expiresAt ?? null,
        ...keysGiven(sshKeys),
      };
    }
    case 'User': {
      const stored = before?.spec as StoredSpecs['User'] | undefined;
      const { identities, email, displayName, disabled, sshKeys } = manifest.spec;
      return {
        identities,
        email: email ?? null,
        displayName: displayName ?? null,
        disabled: disabled ?? stored?.disabled ?? false,
        ...keysGiven(sshKeys),
      };
    }
    case 'Group':
      return { members: unique(manifest.spec.members), claims: manifest.spec.claims };
    case 'Role': {
      const { description, members, request } = manifest.spec;
      return { description: description ?? null, members: unique(members), request: request ?? null };
    }
    case 'TrustedIssuer':
      return manifest.spec;
    case 'IdentityProvider': {
      if (manifest.spec.protocol === 'saml') return manifest.spec;
      const { clientSecret: _, ...spec } = manifest.spec;
      return spec;
    }
    case 'Policy':
      return { cedar: manifest.spec.cedar };
  }
}

/** None is absence: what was stored before there were such keys is then the same. */
function keysGiven(sshKeys: readonly string[] | undefined): { readonly sshKeys?: readonly string[] } {
  return sshKeys && sshKeys.length > 0 ? { sshKeys } : {};
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
