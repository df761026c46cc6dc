import { z } from 'zod';

/** Media type of every SCIM body (RFC 7644 §3.1). */
export const scimMediaType = 'application/scim+json';

export const scimSchemas = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  config: 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig',
  resourceType: 'urn:ietf:params:scim:schemas:core:2.0:ResourceType',
  schema: 'urn:ietf:params:scim:schemas:core:2.0:Schema',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
} as const;

const printable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must not hold control characters or broken ones');
const schemas = z.array(z.string());
const email = z.string().regex(/^[^\p{Cc}\s]{1,320}$/u, 'must be an e-mail address');
const shownName = printable(200);

/**
 * A person as a directory describes them (RFC 7643 §4.1). What is not listed here is ignored, as RFC 7644 §3.3 says, and
 * never stored.
 */
export const scimUserInput = z.object({
  userName: printable(320),
  /** What the provider calls the person when they sign in: OIDC `sub`, SAML NameID. */
  externalId: printable(255),
  displayName: shownName.nullish(),
  name: z
    .object({ formatted: shownName.nullish(), givenName: shownName.nullish(), familyName: shownName.nullish() })
    .nullish(),
  emails: z
    .array(z.object({ value: email, type: z.string().nullish(), primary: z.boolean().nullish() }))
    .max(20)
    .nullish(),
  active: z.boolean().nullish(),
});
export type ScimUserInput = z.infer<typeof scimUserInput>;

/** RFC 7644 §3.5.2. */
export const scimPatch = z.object({
  Operations: z
    .array(z.object({ op: z.string(), path: z.string().max(500).optional(), value: z.unknown() }))
    .min(1)
    .max(100),
});
export type ScimPatch = z.infer<typeof scimPatch>;

const meta = z.object({
  resourceType: z.string(),
  created: z.iso.datetime(),
  lastModified: z.iso.datetime(),
  location: z.string(),
  version: z.string(),
});

export const scimUser = z.object({
  schemas,
  id: z.string(),
  externalId: z.string(),
  userName: z.string(),
  displayName: z.string().optional(),
  emails: z.array(z.object({ value: z.string(), type: z.literal('work'), primary: z.literal(true) })).optional(),
  active: z.boolean(),
  meta,
});
export type ScimUser = z.infer<typeof scimUser>;

export const scimGroup = z.object({
  schemas,
  id: z.string(),
  displayName: z.string(),
  members: z.array(z.object({ value: z.string(), type: z.literal('User'), $ref: z.string() })),
  meta,
});
export type ScimGroup = z.infer<typeof scimGroup>;

export function scimListOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    schemas,
    totalResults: z.int(),
    startIndex: z.int(),
    itemsPerPage: z.int(),
    Resources: z.array(item),
  });
}

/** RFC 7644 §3.4.2; other parameters are ignored. */
export const scimQuery = z.object({
  filter: z.string().max(1000).optional(),
  startIndex: z.coerce.number().int().optional(),
  count: z.coerce.number().int().optional(),
});
export type ScimQuery = z.infer<typeof scimQuery>;

/** RFC 7644 §3.12. */
export const scimError = z.object({
  schemas,
  status: z.string(),
  scimType: z.string().optional(),
  detail: z.string(),
});
export type ScimErrorBody = z.infer<typeof scimError>;
