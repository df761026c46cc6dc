import type { Command } from 'commander';
import { ApiClient } from '@sallyport/api-client';
import { CliError, exitCodes } from './exit-codes.js';
import { apiSettings, type ApiSettings, type GlobalOptions } from './settings.js';

/** The options of a command together with those that every command takes. */
export function optionsOf<T extends object>(command: Command): GlobalOptions & T {
  return command.optsWithGlobals<GlobalOptions & T>();
}

/** Runs the body with a client for the configured API, and closes its connections after. */
export async function withApi<T>(options: GlobalOptions, body: (client: ApiClient) => Promise<T>): Promise<T> {
  const settings = apiSettings(options);
  if (settings.token === undefined) {
    throw new CliError(`no token for ${settings.api}: give --token or set SALLYPORT_TOKEN`, exitCodes.usage);
  }
  return using(settings, body);
}

/** The same for what needs no token, or carries its proof in the body. */
export async function withPublicApi<T>(options: GlobalOptions, body: (client: ApiClient) => Promise<T>): Promise<T> {
  return using({ ...apiSettings(options), token: undefined }, body);
}

async function using<T>(settings: ApiSettings, body: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = clientOf(settings);
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
