/** The `iss` that a token claims: only to choose by whose keys it is then verified. Undefined when there is none to read. */
export function unverifiedIssuer(token: string): string | undefined {
  const [, payload] = token.split('.', 3);
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('iss' in claims)) return undefined;
    return typeof claims.iss === 'string' ? claims.iss : undefined;
  } catch {
    return undefined;
  }
}
