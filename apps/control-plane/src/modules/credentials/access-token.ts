import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Signer } from '../../platform/crypto/signer.js';
import type { AccessTokenClaims } from './credential-kind.js';

/** Who accepts access tokens: this API and every gateway. */
export const tokenAudience = 'sallyport';
/** RFC 9068 §2.1; keeps a gateway's credential from passing for a person's or a service's. */
const tokenType = 'at+jwt';
/** What a token of a key or a login lives at most. Seconds. */
export const usualTokenSeconds = 600;

export interface NewAccessToken extends Pick<
  AccessTokenClaims,
  'subject' | 'credentialId' | 'actor' | 'federated' | 'resources' | 'actions'
> {
  readonly clientId: string;
  /** When what is behind the token ends; the token never outlives it. Null: it does not end. */
  readonly notAfter: Date | null;
  readonly maxSeconds?: number;
}
export interface AccessToken {
  readonly token: string;
  readonly tokenId: string;
  readonly expiresInSeconds: number;
}

/** A token that lives minutes and dies with its credential: `cid` names that, and it is looked up at every use. */
export async function issueAccessToken(signer: Signer, token: NewAccessToken): Promise<AccessToken> {
  const { notAfter, maxSeconds = usualTokenSeconds, actor, federated, resources, actions } = token;
  const left = notAfter === null ? maxSeconds : Math.floor((notAfter.getTime() - Date.now()) / 1000);
  const expiresInSeconds = Math.max(1, Math.min(maxSeconds, left));
  const tokenId = randomUUID();
  const text = await signer.issueToken({
    type: tokenType,
    audience: tokenAudience,
    expiresInSeconds,
    claims: {
      sub: token.subject,
      jti: tokenId,
      cid: token.credentialId,
      client_id: token.clientId,
      ...(actor && { act: { sub: actor.subject, cid: actor.credentialId } }),
      ...(federated && { fed: { iss: federated.issuer, sub: federated.subject, groups: [...federated.groups] } }),
      ...(resources && { res: [...resources] }),
      ...(actions && { acts: [...actions] }),
    },
  });
  return { token: text, tokenId, expiresInSeconds };
}

const text = z.string().min(1);
const wireClaims = z.object({
  sub: text,
  cid: text,
  jti: text,
  exp: z.int(),
  // Strict: a chain of actors (RFC 8693 §4.1) would nest another one, and is never issued.
  act: z.strictObject({ sub: text, cid: text }).optional(),
  fed: z.strictObject({ iss: text, sub: text, groups: z.array(text) }).optional(),
  res: z.array(text).min(1).optional(),
  acts: z.array(text).min(1).optional(),
});

/** What a valid token claims; undefined for anything else. Whether its credential still stands is for the caller to see. */
export async function readAccessToken(signer: Signer, token: string): Promise<AccessTokenClaims | undefined> {
  const parsed = wireClaims.safeParse(await signer.verifyToken(token, { type: tokenType, audience: tokenAudience }));
  if (!parsed.success) return undefined;
  const { sub, cid, jti, exp, act, fed, res, acts } = parsed.data;
  return {
    subject: sub,
    credentialId: cid,
    tokenId: jti,
    expiresAt: new Date(exp * 1000),
    ...(act && { actor: { subject: act.sub, credentialId: act.cid } }),
    ...(fed && { federated: { issuer: fed.iss, subject: fed.sub, groups: fed.groups } }),
    ...(res && { resources: res }),
    ...(acts && { actions: acts }),
  };
}
