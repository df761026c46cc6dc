import fs from 'node:fs';
import { Command } from 'commander';
import { tokenResponse } from '@sallyport/api-contract';
import { optionsOf, tokenFor, withPublicApi } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { printJson, printLine } from '../../output.js';
import type { GlobalOptions } from '../../settings.js';
import { visible } from '../../terminal-text.js';

interface Options {
  readonly keyFile?: string;
  readonly execCredential?: boolean;
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('print an access token that ends within minutes: of the login, or for a service-account key')
    .option('--key-file <file>', 'be the service account whose key is in this file')
    .option('--exec-credential', 'print it as kubectl asks its credential plugins')
    .action(async (_options: unknown, command: Command) => {
      const { json, keyFile, execCredential, ...global } = optionsOf<Options>(command);
      const credential = keyFile === undefined ? await tokenFor(global) : readKey(keyFile);
      const token = credential.startsWith('sp_') ? await exchangeKey(global, credential) : credential;
      if (execCredential) printJson(execCredentialOf(token));
      else if (json) printJson({ access_token: token, token_type: 'Bearer' });
      else printLine(visible(token));
    });
}

async function exchangeKey(global: GlobalOptions, key: string): Promise<string> {
  const fields = { grant_type: 'client_credentials', client_secret: key };
  const answer = await withPublicApi(global, (client) => client.postForm('/oauth/token', tokenResponse, fields));
  return answer.access_token;
}

function readKey(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(`cannot read the key: ${(error as Error).message}`, exitCodes.usage);
  }
}

/** As client-go understands it; asked for again some seconds before it ends. */
function execCredentialOf(token: string): object {
  const ends = endOf(token);
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token, ...(ends && { expirationTimestamp: new Date(ends - 20_000).toISOString() }) },
  };
}

/** When an access token ends by its own word. Milliseconds since the epoch; undefined where it does not say. */
function endOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: number };
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
