import type { ApiClient } from '@sallyport/api-client';
import { CliError, exitCodes } from '../exit-codes.js';
import { refreshLogin } from './oauth-tokens.js';
import type { StoredLogins } from './stored-logins.js';

/** A token this close to its end is renewed first. Milliseconds. */
const renewBeforeMs = 60_000;

/**
 * An access token of the stored login, renewed where it must be. Undefined: nobody has signed in here.
 * @param client of the same control plane, without a token.
 * @throws CliError when the login has ended.
 */
export async function loginToken(
  logins: StoredLogins,
  api: string,
  client: () => ApiClient,
): Promise<string | undefined> {
  const stored = logins.get(api);
  if (!stored) return undefined;
  if (stored.expiresAt - Date.now() > renewBeforeMs) return stored.accessToken;
  return logins.exclusively(async () => {
    // Another command may have renewed it while this one waited.
    const now = logins.get(api);
    if (now && now.expiresAt - Date.now() > renewBeforeMs) return now.accessToken;
    const public_ = client();
    try {
      const renewed = now?.refreshToken === undefined ? undefined : await refreshLogin(public_, now.refreshToken);
      logins.set(api, renewed);
      if (renewed) return renewed.accessToken;
      throw new CliError('the login has ended: run `sallyport login`', exitCodes.forbidden);
    } finally {
      public_.close();
    }
  });
}
