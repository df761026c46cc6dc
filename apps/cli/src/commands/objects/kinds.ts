import {
  approvalPage,
  approval,
  gateway,
  gatewayPage,
  group,
  groupPage,
  identityProvider,
  identityProviderPage,
  policy,
  policyPage,
  resource,
  resourcePage,
  role,
  rolePage,
  serviceAccount,
  serviceAccountPage,
  sessionDetail,
  sessionPage,
  trustedIssuer,
  trustedIssuerPage,
  user,
  userPage,
} from '@sallyport/api-contract';
import type { Page, Schema } from '@sallyport/api-client';
import { CliError, exitCodes } from '../../exit-codes.js';

type Item = Readonly<Record<string, unknown>>;

export interface Kind {
  /** As the API's paths spell it. */
  readonly path: string;
  readonly page: Schema<Page<Item>>;
  readonly item: Schema<Item>;
  readonly columns: readonly string[];
  readonly deletable: boolean;
}

const kinds: readonly Kind[] = [
  kind('resources', {
    page: resourcePage,
    item: resource,
    columns: ['name', 'protocol', 'labels', 'upstream', 'version'],
  }),
  kind('service-accounts', {
    page: serviceAccountPage,
    item: serviceAccount,
    columns: ['name', 'groups', 'owner', 'disabled'],
  }),
  kind('groups', { page: groupPage, item: group, columns: ['name', 'members'] }),
  kind('users', { page: userPage, item: user, columns: ['name', 'displayName', 'email', 'identities', 'disabled'] }),
  kind('roles', { page: rolePage, item: role, columns: ['name', 'description', 'members', 'request'] }),
  kind('trusted-issuers', { page: trustedIssuerPage, item: trustedIssuer, columns: ['name', 'issuer', 'audience'] }),
  kind('identity-providers', {
    page: identityProviderPage,
    item: identityProvider,
    columns: ['name', 'protocol', 'issuer', 'entityId'],
  }),
  kind('policies', { page: policyPage, item: policy, columns: ['name', 'version', 'updatedAt'] }),
  kind('gateways', { page: gatewayPage, item: gateway, columns: ['name', 'connected', 'version', 'lastSeenAt'] }),
  {
    ...kind('approvals', {
      page: approvalPage,
      item: approval,
      columns: ['id', 'state', 'requester', 'resource', 'excerpt'],
    }),
    deletable: false,
  },
  {
    ...kind('sessions', {
      page: sessionPage,
      item: sessionDetail,
      columns: ['id', 'principal', 'resource', 'startedAt', 'endedAt'],
    }),
    deletable: false,
  },
];

/** As a person reads them. */
export const knownKinds = kinds.map(({ path }) => path).join(', ');

function kind(path: string, rest: Omit<Kind, 'path' | 'deletable'>): Kind {
  return { path, deletable: true, ...rest };
}

/** Takes `resources`, `resource` and `Resource` alike. Throws CliError on anything else. */
export function kindOf(text: string): Kind {
  const plain = (name: string): string => name.toLowerCase().replace(/-/g, '').replace(/ies$/, 'y').replace(/s$/, '');
  const found = kinds.find(({ path }) => plain(path) === plain(text));
  if (found) return found;
  throw new CliError(`unknown kind ${text}; known are ${knownKinds}`, exitCodes.usage);
}
