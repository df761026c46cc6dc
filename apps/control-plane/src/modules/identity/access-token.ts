import { randomUUID } from 'node:crypto';
import type { Signer } from '../../platform/crypto/signer.js';

/** Who accepts access tokens: this API and every gateway. */
export const tokenAudience = 'sallyport';
/** RFC 9068 §2.1; keeps a gateway's credential from passing for a person's or a service's. */
const tokenType = 'at+jwt';
const maxLifeSeconds = 600;

export interface AccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** A token that lives minutes and dies with its key: `cid` names the key, which is looked up at every use. */
export async function issueAccessToken(
  signer: Signer,
  key: { readonly id: string; readonly serviceAccount: string; readonly expiresAt: Date | null },
): Promise<AccessToken> {
  const left = key.expiresAt === null ? maxLifeSeconds : Math.floor((key.expiresAt.getTime() - Date.now()) / 1000);
  const expiresInSeconds = Math.max(1, Math.min(maxLifeSeconds, left));
  const token = await signer.issueToken({
    type: tokenType,
    audience: tokenAudience,
    expiresInSeconds,
    claims: {
      sub: `ServiceAccount::${key.serviceAccount}`,
      jti: randomUUID(),
      cid: key.id,
      client_id: key.serviceAccount,
    },
  });
  return { token, expiresInSeconds };
}

/** What a valid token claims; undefined for anything else. Whether its key still stands is for the caller to see. */
export async function readAccessToken(
  signer: Signer,
  token: string,
): Promise<{ readonly principal: string; readonly keyId: string } | undefined> {
  const claims = await signer.verifyToken(token, { type: tokenType, audience: tokenAudience });
  if (!claims || typeof claims.sub !== 'string' || typeof claims['cid'] !== 'string') return undefined;
  return { principal: claims.sub, keyId: claims['cid'] };
}
