import type { ScimUser, ScimUserInput } from '@sallyport/api-contract';
import { scimSchemas } from '@sallyport/api-contract';
import type { ScimUserRow } from './scim-user.store.js';

/** What a directory can say of a person, and no more than that: who they are (externalId) is said once, at creation. */
export interface ScimPerson {
  readonly userName: string;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly active: boolean;
}

/** Of a whole resource, as POST and PUT bring it. */
export function personOf(input: ScimUserInput): ScimPerson {
  const { userName, displayName, name, emails, active } = input;
  const parts = [name?.givenName, name?.familyName].filter((part) => typeof part === 'string').join(' ');
  return {
    userName,
    displayName: displayName ?? name?.formatted ?? (parts === '' ? null : parts),
    email: mainEmail(emails ?? []),
    active: active ?? true,
  };
}

/** The primary one, else the first. */
export function mainEmail(
  emails: readonly { readonly value: string; readonly primary?: boolean | null | undefined }[],
): string | null {
  return (emails.find(({ primary }) => primary === true) ?? emails[0])?.value ?? null;
}

export function storedPerson(row: ScimUserRow): ScimPerson {
  const { displayName, email, disabled } = row.spec;
  return { userName: row.userName, displayName, email, active: !disabled };
}

/** Strong entity tag: grows with the User and with what only SCIM keeps of it. */
export function scimVersion({ version, revision }: Pick<ScimUserRow, 'version' | 'revision'>): string {
  return `"${version}.${revision}"`;
}

export function scimUserView(row: ScimUserRow, base: string): ScimUser {
  const { displayName, email, active, userName } = storedPerson(row);
  return {
    schemas: [scimSchemas.user],
    id: row.name,
    externalId: row.subject,
    userName,
    ...(displayName !== null && { displayName }),
    ...(email !== null && { emails: [{ value: email, type: 'work', primary: true }] }),
    active,
    meta: {
      resourceType: 'User',
      created: row.createdAt.toISOString(),
      lastModified: row.updatedAt.toISOString(),
      location: `${base}/Users/${encodeURIComponent(row.name)}`,
      version: scimVersion(row),
    },
  };
}
