import { Command } from 'commander';
import { listCommand } from './list.js';
import { revokeCommand } from './revoke.js';

export function grantsCommand(): Command {
  return new Command('grants')
    .description('roles that somebody has for a while')
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}
