import { scimSchemas } from '@sallyport/api-contract';

const no = { supported: false } as const;
const documentation = 'https://www.rfc-editor.org/rfc/rfc7644';

/** RFC 7643 §5. */
export function serviceProviderConfig(base: string) {
  return {
    schemas: [scimSchemas.config],
    documentationUri: documentation,
    patch: { supported: true },
    bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: 200 },
    changePassword: no,
    sort: no,
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer',
        description: 'A key or an access token of a service account that may manage users.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

/** RFC 7643 §6. */
export function resourceTypes(base: string) {
  return [
    { name: 'User', endpoint: '/Users', schema: scimSchemas.user },
    { name: 'Group', endpoint: '/Groups', schema: scimSchemas.group },
  ].map((type) => ({
    schemas: [scimSchemas.resourceType],
    id: type.name,
    ...type,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${type.name}` },
  }));
}

interface AttributeFacts {
  readonly type?: 'string' | 'boolean' | 'complex' | 'reference';
  readonly multiValued?: boolean;
  readonly required?: boolean;
  readonly caseExact?: boolean;
  readonly mutability?: 'readOnly' | 'readWrite' | 'immutable';
  readonly uniqueness?: 'none' | 'server';
  readonly subAttributes?: readonly object[];
}

/** RFC 7643 §7. */
function attribute(name: string, facts: AttributeFacts = {}) {
  return {
    ...{ name, type: 'string', multiValued: false, required: false, caseExact: false },
    ...{ mutability: 'readWrite', returned: 'default', uniqueness: 'none' },
    ...facts,
  };
}

const userAttributes = [
  attribute('userName', { required: true, uniqueness: 'server' }),
  attribute('externalId', { required: true, caseExact: true, mutability: 'immutable', uniqueness: 'server' }),
  attribute('displayName'),
  attribute('emails', {
    type: 'complex',
    multiValued: true,
    subAttributes: [attribute('value'), attribute('type'), attribute('primary', { type: 'boolean' })],
  }),
  attribute('active', { type: 'boolean' }),
];
const readOnly = { mutability: 'readOnly' } as const;
const groupAttributes = [
  attribute('displayName', readOnly),
  attribute('members', {
    ...{ type: 'complex', multiValued: true },
    ...readOnly,
    subAttributes: [attribute('value', readOnly), attribute('type', readOnly)],
  }),
];

export function schemaDocuments(base: string) {
  return [
    { id: scimSchemas.user, name: 'User', attributes: userAttributes },
    { id: scimSchemas.group, name: 'Group', attributes: groupAttributes },
  ].map((schema) => ({
    schemas: [scimSchemas.schema],
    ...schema,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${schema.id}` },
  }));
}
