import { ApiError, type ApiClient, type Schema } from '@sallyport/api-client';
import type { StoredLogin } from './stored-logins.js';

/** The public client that this program is (RFC 6749 §2.1): it has no secret, so every code is bound by PKCE. */
export const cliClientId = 'sallyport-cli';

const loginTokens: Schema<StoredLogin> = {
  parse(value) {
    const { access_token, token_type, expires_in, refresh_token } = (value ?? {}) as Record<string, unknown>;
    if (typeof access_token !== 'string' || typeof token_type !== 'string' || !/^bearer$/i.test(token_type)) {
      throw new TypeError('no bearer token');
    }
    if (typeof expires_in !== 'number' || !(expires_in > 0)) throw new TypeError('a token without an end');
    if (refresh_token !== undefined && typeof refresh_token !== 'string') throw new TypeError('an odd refresh token');
    return {
      accessToken: access_token,
      expiresAt: Date.now() + expires_in * 1000,
      ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    };
  },
};

/** RFC 6749 §4.1.3 with RFC 7636 §4.5. */
export function redeemCode(
  client: ApiClient,
  grant: { readonly code: string; readonly redirectUri: string; readonly verifier: string },
): Promise<StoredLogin> {
  return client.postForm('/oauth/token', loginTokens, {
    grant_type: 'authorization_code',
    client_id: cliClientId,
    code: grant.code,
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier,
  });
}

/** RFC 8628 §3.4. */
export function redeemDeviceCode(client: ApiClient, deviceCode: string): Promise<StoredLogin> {
  return client.postForm('/oauth/token', loginTokens, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: cliClientId,
    device_code: deviceCode,
  });
}

/** RFC 6749 §6. Undefined: the login has ended. */
export async function refreshLogin(client: ApiClient, refreshToken: string): Promise<StoredLogin | undefined> {
  try {
    return await client.postForm('/oauth/token', loginTokens, {
      grant_type: 'refresh_token',
      client_id: cliClientId,
      refresh_token: refreshToken,
    });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'invalid_grant') return undefined;
    throw error;
  }
}

/** RFC 7009 §2.1. The server answers 200 whether or not the token was good. */
export async function revokeToken(client: ApiClient, token: string): Promise<void> {
  await client.postForm('/oauth/revoke', { parse: () => undefined }, { client_id: cliClientId, token });
}
