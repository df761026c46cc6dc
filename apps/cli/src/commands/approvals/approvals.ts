import { Command } from 'commander';
import { decideCommand } from './decide.js';
import { listCommand } from './list.js';
import { showCommand } from './show.js';
import { watchCommand } from './watch.js';

export function approvalsCommand(): Command {
  return new Command('approvals')
    .description('requests that wait for a person')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(decideCommand('approve'))
    .addCommand(decideCommand('deny'))
    .addCommand(watchCommand());
}
