/** The collections of the control plane's API that policy speaks about, as in `Api::Collection::"resources"`. */
export const apiCollections = [
  'resources',
  'service-accounts',
  'service-account-keys',
  'users',
  'logins',
  'groups',
  'roles',
  'trusted-issuers',
  'identity-providers',
  'access-requests',
  'grants',
  'tokens',
  'policies',
  'manifests',
  'decisions',
  'approvals',
  'sessions',
  'recordings',
  'gateways',
  'audit',
] as const;
export type ApiCollection = (typeof apiCollections)[number];
