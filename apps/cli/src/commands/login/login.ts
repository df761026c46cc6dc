import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { whoami } from '@sallyport/api-contract';
import { optionsOf, withApi, withPublicApi } from '../../command-context.js';
import { codeFlow } from '../../login/code-flow.js';
import { deviceFlow } from '../../login/device-flow.js';
import { StoredLogins } from '../../login/stored-logins.js';
import { printFields, printJson } from '../../output.js';
import { apiSettings, dataDirectory, profileOf } from '../../settings.js';
import { visible } from '../../terminal-text.js';

interface Options {
  readonly provider?: string;
  readonly device?: boolean;
}

const patienceMs = 5 * 60_000;

export function loginCommand(): Command {
  return new Command('login')
    .description('sign in as a person; commands without a token are then made in that name')
    .option('--provider <name>', 'identity provider to sign in with, where there are several')
    .option('--device', 'sign in with a browser on another machine')
    .action(async (_options: unknown, command: Command) => {
      const { json, provider, device, ...global } = optionsOf<Options>(command);
      const { api } = apiSettings(global);
      const login = await withPublicApi(global, (client) =>
        device
          ? deviceFlow(client, ({ user_code, verification_uri, verification_uri_complete }) => {
              say(`Open ${visible(verification_uri)} in a browser and enter the code ${visible(user_code)}`);
              if (verification_uri_complete) say(`or open ${visible(verification_uri_complete)}`);
            })
          : codeFlow({ api, client, patienceMs, show, ...(provider !== undefined && { provider }) }),
      );
      new StoredLogins(dataDirectory(global), profileOf(global)).set(api, login);
      const caller = await withApi({ ...global, token: login.accessToken }, (client) =>
        client.get('/v1/whoami', whoami),
      );
      if (json) printJson(caller);
      else printFields(caller);
    });
}

function show(url: string): void {
  say(`Sign in here:\n\n  ${url}\n`);
  // Only where there is a screen to show it on; whoever sits elsewhere copies the address.
  if (!process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return;
  const child = spawn('xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // it is not installed, and the address has been printed
  child.unref();
}

/** To standard error: with --json, standard output is for the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
