import { Command, InvalidArgumentError } from 'commander';
import { createdKey, keyPage, rotatedKey } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { followRotation } from '../../local/administrator-key.js';
import { cellText, printJson, printLine, printTable } from '../../output.js';
import { dataDirectory } from '../../settings.js';
import { visible } from '../../terminal-text.js';

export function keysCommand(): Command {
  return new Command('keys')
    .description('keys of service accounts')
    .addCommand(createKey())
    .addCommand(listKeys())
    .addCommand(rotateKey())
    .addCommand(deleteKey());
}

const keysOf = (account: string): string => `/v1/service-accounts/${segment(account)}/keys`;

function createKey(): Command {
  return new Command('create')
    .description('make a key; it is shown this once')
    .argument('<account>')
    .option('--expires-in <seconds>', 'how long it works; without it, until it is deleted', positiveNumber)
    .action(async (account: string, _options: unknown, command: Command) => {
      const { json, expiresIn, ...global } = optionsOf<{ expiresIn?: number }>(command);
      const body = expiresIn === undefined ? {} : { expiresInSeconds: expiresIn };
      const created = await withApi(global, (client) => client.post(keysOf(account), createdKey, body));
      if (json) printJson(created);
      else printLine(visible(created.key));
    });
}

function listKeys(): Command {
  return new Command('list')
    .argument('<account>')
    .action(async (account: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const keys = await withApi(global, (client) => client.all(keysOf(account), keyPage));
      if (json) return printJson(keys);
      printTable(
        ['ID', 'CREATED', 'EXPIRES', 'LAST USED'],
        keys.map((key) => [key.id, key.createdAt, cellText(key.expiresAt), cellText(key.lastUsedAt)]),
      );
    });
}

function rotateKey(): Command {
  return new Command('rotate')
    .description('make a key that replaces another, which works a while longer; it is shown this once')
    .argument('<account>')
    .argument('<id>')
    .option('--overlap <seconds>', 'how long the old one still works; 0 ends it and its sessions now', seconds, 3600)
    .option(
      '--expires-in <seconds>',
      'how long the new one works; without it, as long as the old one was to',
      positiveNumber,
    )
    .action(async (account: string, id: string, _options: unknown, command: Command) => {
      const { json, overlap, expiresIn, ...global } = optionsOf<{ overlap: number; expiresIn?: number }>(command);
      const body = { overlapSeconds: overlap, ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }) };
      const path = `${keysOf(account)}/${segment(id)}/rotate`;
      const created = await withApi(global, (client) => client.post(path, rotatedKey, body));
      const own = followRotation(dataDirectory(global), { id, key: created.key });
      if (json) return printJson(created);
      printLine(visible(created.key));
      if (own) process.stderr.write('up.json and admin.key of this installation hold it now\n');
    });
}

function deleteKey(): Command {
  return new Command('delete')
    .description('delete a key and end the sessions it opened')
    .argument('<account>')
    .argument('<id>')
    .action(async (account: string, id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      await withApi(global, (client) => client.delete(`${keysOf(account)}/${segment(id)}`));
      if (json) printJson({ account, id, deleted: true });
      else printLine(`deleted key ${visible(id)} of ${visible(account)}`);
    });
}

function seconds(text: string): number {
  return text === '0' ? 0 : positiveNumber(text);
}

function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('must be a number of seconds');
  return Number(text);
}
