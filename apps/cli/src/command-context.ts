import type { Command } from 'commander';
import { ApiClient } from '@sallyport/api-client';
import { CliError, exitCodes } from './exit-codes.js';
import { loginToken } from './login/login-token.js';
import { StoredLogins } from './login/stored-logins.js';
import { apiSettings, dataDirectory, profileOf, type ApiSettings, type GlobalOptions } from './settings.js';

/** The options of a command together with those that every command takes. */
export function optionsOf<T extends object>(command: Command): GlobalOptions & T {
  return command.optsWithGlobals<GlobalOptions & T>();
}

/** Runs the body with a client for the configured API, and closes its connections after. */
export async function withApi<T>(options: GlobalOptions, body: (client: ApiClient) => Promise<T>): Promise<T> {
  return using(await apiClient(options), body);
}

/** A client for the configured API, by the credential of this moment. Whoever asks closes it. */
export async function apiClient(options: GlobalOptions): Promise<ApiClient> {
  return clientOf({ ...apiSettings(options), token: await tokenFor(options) });
}

/**
 * Whom to be: the token that was given, else who signed in, else a local installation's administrator.
 * @throws CliError when there is none of them, or the login has ended.
 */
export async function tokenFor(options: GlobalOptions): Promise<string> {
  const settings = apiSettings(options);
  const { api, localToken } = settings;
  const logins = new StoredLogins(dataDirectory(options), profileOf(options));
  const token =
    settings.token ?? (await loginToken(logins, api, () => clientOf({ ...settings, token: undefined }))) ?? localToken;
  if (token !== undefined) return token;
  throw new CliError(`no token for ${api}: \`sallyport login\`, --token or SALLYPORT_TOKEN`, exitCodes.usage);
}

/** The same for what needs no token, or carries its proof in the body. */
export async function withPublicApi<T>(options: GlobalOptions, body: (client: ApiClient) => Promise<T>): Promise<T> {
  return using(clientOf({ ...apiSettings(options), token: undefined }), body);
}

async function using<T>(client: ApiClient, body: (client: ApiClient) => Promise<T>): Promise<T> {
  try {
    return await body(client);
  } finally {
    client.close();
  }
}

function clientOf({ api, token, ca }: ApiSettings): ApiClient {
  try {
    return new ApiClient({ baseUrl: api, ...(token !== undefined && { token }), ...(ca !== undefined && { ca }) });
  } catch (error) {
    throw new CliError((error as Error).message, exitCodes.usage);
  }
}

/** A path segment of the API. */
export function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new CliError(`not a name: ${text}`, exitCodes.usage);
  return encodeURIComponent(text);
}
