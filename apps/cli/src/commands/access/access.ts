import { Command } from 'commander';
import { tokenResponse, whoami } from '@sallyport/api-contract';
import { optionsOf, withApi, withPublicApi } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { printFields, printJson, printLine } from '../../output.js';
import { apiSettings } from '../../settings.js';
import { visible } from '../../terminal-text.js';

/** Who one is, and a token to be it with for some minutes. */
export function accessCommands(): readonly Command[] {
  return [whoamiCommand(), tokenCommand()];
}

function whoamiCommand(): Command {
  return new Command('whoami')
    .description('show whom the token proves')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const caller = await withApi(global, (client) => client.get('/v1/whoami', whoami));
      if (json) printJson(caller);
      else printFields(caller);
    });
}

function tokenCommand(): Command {
  return new Command('token')
    .description('exchange the service-account key for an access token that ends within minutes')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const key = apiSettings(global).token;
      if (key === undefined || !key.startsWith('sp_')) {
        throw new CliError(
          'an access token is made from a service-account key: give one with --token',
          exitCodes.usage,
        );
      }
      const token = await withPublicApi(global, (client) => {
        const fields = { grant_type: 'client_credentials', client_secret: key };
        return client.postForm('/oauth/token', tokenResponse, fields);
      });
      if (json) printJson(token);
      else printLine(visible(token.access_token));
    });
}
