import { Command } from 'commander';
import { tokenResponse } from '@sallyport/api-contract';
import { optionsOf, tokenFor, withPublicApi } from '../../command-context.js';
import { printJson, printLine } from '../../output.js';
import type { GlobalOptions } from '../../settings.js';
import { visible } from '../../terminal-text.js';

export function tokenCommand(): Command {
  return new Command('token')
    .description('print an access token that ends within minutes: of the login, or for a service-account key')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const credential = await tokenFor(global);
      const token = credential.startsWith('sp_') ? await exchangeKey(global, credential) : credential;
      if (json) printJson({ access_token: token, token_type: 'Bearer' });
      else printLine(visible(token));
    });
}

async function exchangeKey(global: GlobalOptions, key: string): Promise<string> {
  const fields = { grant_type: 'client_credentials', client_secret: key };
  const answer = await withPublicApi(global, (client) => client.postForm('/oauth/token', tokenResponse, fields));
  return answer.access_token;
}
