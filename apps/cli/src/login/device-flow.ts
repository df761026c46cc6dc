import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiClient, type Schema } from '@sallyport/api-client';
import { CliError, exitCodes } from '../exit-codes.js';
import { cliClientId, redeemDeviceCode } from './oauth-tokens.js';
import type { StoredLogin } from './stored-logins.js';

/** RFC 8628 §3.2. Times in seconds. */
export interface DeviceAuthorization {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete?: string;
  readonly expires_in: number;
  readonly interval: number;
}

const deviceAuthorization: Schema<DeviceAuthorization> = {
  parse(value) {
    const answer = (value ?? {}) as Record<string, unknown>;
    for (const name of ['device_code', 'user_code', 'verification_uri']) {
      if (typeof answer[name] !== 'string') throw new TypeError(`no ${name}`);
    }
    if (typeof answer['expires_in'] !== 'number') throw new TypeError('no expires_in');
    // RFC 8628 §3.2: 5 seconds where the server does not say.
    return { interval: 5, ...answer } as unknown as DeviceAuthorization;
  },
};

/** For a machine without a browser: the person signs in elsewhere, this program asks until it is done. */
export async function deviceFlow(
  client: ApiClient,
  show: (authorization: DeviceAuthorization) => void,
): Promise<StoredLogin> {
  const authorization = await client.postForm('/oauth/device_authorization', deviceAuthorization, {
    client_id: cliClientId,
  });
  show(authorization);
  let { interval } = authorization;
  const deadline = Date.now() + authorization.expires_in * 1000;
  while (Date.now() < deadline) {
    await sleep(interval * 1000);
    try {
      return await redeemDeviceCode(client, authorization.device_code);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // RFC 8628 §3.5.
      if (error.code === 'slow_down') interval += 5;
      else if (error.code === 'access_denied') throw new CliError('the sign-in was refused', exitCodes.forbidden);
      else if (error.code === 'expired_token') break;
      else if (error.code !== 'authorization_pending') throw error;
    }
  }
  throw new CliError('nobody signed in before the code ended');
}
