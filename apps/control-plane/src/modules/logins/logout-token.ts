import { jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { idTokenAlgorithms } from './id-token-checks.js';

/** What a provider says has ended. */
export interface LogoutNotice {
  readonly tokenId: string;
  readonly subject: string | undefined;
  readonly session: string | undefined;
  /** Until when the token could come again. */
  readonly replayableUntil: Date;
}

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds. */
const clockSkew = 60;
const maxAge = 300;

const text = z.string().min(1).max(1024);
const logoutClaims = z
  .looseObject({
    jti: text,
    iat: z.number(),
    sub: text.optional(),
    sid: text.optional(),
    events: z.looseObject({ [logoutEvent]: z.looseObject({}) }),
  })
  // §2.4: what has a nonce is an id_token, which must not pass for this.
  .refine((claims) => !Object.hasOwn(claims, 'nonce'))
  .refine((claims) => claims.sub !== undefined || claims.sid !== undefined);

/**
 * OpenID Connect Back-Channel Logout 1.0 §2.6.
 * @throws whatever is wrong with it.
 */
export async function readLogoutToken(
  token: string,
  by: { readonly issuer: string; readonly clientId: string; readonly keys: JWTVerifyGetKey },
): Promise<LogoutNotice> {
  const { payload, protectedHeader } = await jwtVerify(token, by.keys, {
    issuer: by.issuer,
    audience: by.clientId,
    algorithms: [...idTokenAlgorithms],
    requiredClaims: ['iat', 'jti'],
    maxTokenAge: maxAge,
    clockTolerance: clockSkew,
  });
  const type = protectedHeader.typ ?? 'JWT';
  if (!/^(application\/)?(logout\+jwt|jwt)$/i.test(type)) throw new TypeError(`a logout token is not of type ${type}`);
  const { jti, iat, sub, sid } = logoutClaims.parse(payload);
  const replayableUntil = new Date((iat + maxAge + clockSkew) * 1000);
  return { tokenId: jti, subject: sub, session: sid, replayableUntil };
}
