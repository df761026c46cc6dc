import { Command } from 'commander';
import { optionsOf, withPublicApi } from '../../command-context.js';
import { revokeToken } from '../../login/oauth-tokens.js';
import { StoredLogins } from '../../login/stored-logins.js';
import { printJson, printLine } from '../../output.js';
import { apiSettings, dataDirectory, profileOf } from '../../settings.js';

export function logoutCommand(): Command {
  return new Command('logout')
    .description('end the login, and with it every session that it opened')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const { api } = apiSettings(global);
      const logins = new StoredLogins(dataDirectory(global), profileOf(global));
      const ended = await logins.exclusively(async () => {
        const login = logins.get(api);
        if (!login) return false;
        await withPublicApi(global, (client) => revokeToken(client, login.refreshToken ?? login.accessToken));
        logins.set(api, undefined);
        return true;
      });
      if (json) printJson({ loggedOut: ended });
      else printLine(ended ? 'signed out' : 'nobody was signed in');
    });
}
