import { Command } from 'commander';
import { exportJsonl, exportTranscript } from '@sallyport/recording';
import { optionsOf, withApi } from '../../command-context.js';
import { printLine } from '../../output.js';
import { visibleBlock } from '../../terminal-text.js';
import { storedRecording } from './recording-source.js';

export function replayCommand(): Command {
  return new Command('replay')
    .description('show what was asked, how it was decided, and what the client saw; with --json every frame as a line')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      await withApi(global, async (client) => {
        const recording = await storedRecording(client, id);
        for await (const line of json ? exportJsonl(recording) : exportTranscript(recording)) {
          printLine(visibleBlock(line));
        }
      });
    });
}
