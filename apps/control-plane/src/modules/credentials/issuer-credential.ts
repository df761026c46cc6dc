import { createHash } from 'node:crypto';

/** Names one token of a trusted issuer in sessions, the audit trail and revocations, without saying what it is. */
export function issuerCredentialId(issuer: string, token: string): string {
  const digest = createHash('sha256').update(token, 'utf8').digest('hex');
  return `issuer:${issuer}:${digest.slice(0, 16)}`;
}
