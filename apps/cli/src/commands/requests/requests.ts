import { Command } from 'commander';
import { createCommand } from './create.js';
import { decideCommand } from './decide.js';
import { extendCommand } from './extend.js';
import { listCommand } from './list.js';
import { showCommand } from './show.js';
import { withdrawCommand } from './withdraw.js';

export function requestsCommand(): Command {
  return new Command('requests')
    .description('ask for a role for a while, and decide what others ask for')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(decideCommand('approve'))
    .addCommand(decideCommand('deny'))
    .addCommand(withdrawCommand())
    .addCommand(extendCommand());
}
