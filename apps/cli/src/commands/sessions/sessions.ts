import { Command } from 'commander';
import { exportCommand } from './export.js';
import { listCommand } from './list.js';
import { replayCommand } from './replay.js';
import { showCommand } from './show.js';
import { terminateCommand } from './terminate.js';
import { verifyCommand } from './verify.js';
import { watchCommand } from './watch.js';

export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('client connections and their recordings')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addCommand(exportCommand())
    .addCommand(verifyCommand())
    .addCommand(watchCommand())
    .addCommand(terminateCommand());
}
