import type { ProvedIdentity } from '../logins/proved-identity.js';
import type { AssertedIdentity } from './assertion.js';

/** Names that identity providers use; for showing only, a subject is never made of them. */
const emailAttributes = [
  'email',
  'mail',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
];
const nameAttributes = [
  'displayName',
  'urn:oid:2.16.840.1.113730.3.1.241',
  'http://schemas.microsoft.com/identity/claims/displayname',
  'name',
];

/** A verified assertion in the words of logins; attributes are claims, each a list of texts. */
export function provedBySaml(provider: string, asserted: AssertedIdentity): ProvedIdentity {
  const { subject, sessionIndex, sessionEndsAt, attributes } = asserted;
  const firstOf = (names: readonly string[]): string | undefined =>
    names.map((name) => attributes.get(name)?.[0]).find((value) => value !== undefined);
  const email = firstOf(emailAttributes);
  const displayName = firstOf(nameAttributes);
  return {
    provider,
    subject,
    claims: Object.fromEntries(attributes),
    ...(sessionIndex !== undefined && { idpSession: sessionIndex }),
    ...(sessionEndsAt !== undefined && { notAfter: sessionEndsAt.toISOString() }),
    ...(email !== undefined && { email }),
    ...(displayName !== undefined && { displayName }),
  };
}
