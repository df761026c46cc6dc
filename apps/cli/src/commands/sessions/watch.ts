import { once } from 'node:events';
import { Command } from 'commander';
import { exportJsonl, followTranscript } from '@sallyport/recording';
import { optionsOf } from '../../command-context.js';
import { visibleBlock } from '../../terminal-text.js';
import { liveRecording } from './live-recording.js';

export function watchCommand(): Command {
  return new Command('watch')
    .description(
      'show what a session’s client sees as it happens, until the session ends; with --json every frame as a line',
    )
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const recording = liveRecording(global, id);
      for await (const text of json ? lines(exportJsonl(recording)) : followTranscript(recording)) {
        // Who reads slowly is sent no more meanwhile.
        if (!process.stdout.write(visibleBlock(text))) await once(process.stdout, 'drain');
      }
    });
}

async function* lines(source: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of source) yield `${line}\n`;
}
