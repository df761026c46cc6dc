import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { exportJsonl, exportTranscript } from '@sallyport/recording';
import { optionsOf, withApi } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { storedRecording } from './recording-source.js';

type Format = 'recording' | 'jsonl' | 'text';
interface Options {
  readonly format: Format;
  readonly output?: string;
}

const converters: Readonly<Record<Format, (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array | string>>> = {
  recording: (bytes) => bytes,
  jsonl: (bytes) => lines(exportJsonl(bytes)),
  text: (bytes) => lines(exportTranscript(bytes)),
};

export function exportCommand(): Command {
  return new Command('export')
    .description('write a recording to a file or to standard output')
    .argument('<id>')
    .addOption(
      new Option('--format <format>', 'recording: the bytes, for `sessions verify`')
        .choices(['recording', 'jsonl', 'text'])
        .default('recording'),
    )
    .option('-o, --output <file>', 'a new file; without it, standard output')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { format, output, ...global } = optionsOf<Options>(command);
      if (output === undefined && format === 'recording' && process.stdout.isTTY) {
        throw new CliError('a recording is binary: give -o FILE, or another --format', exitCodes.usage);
      }
      await withApi(global, async (client) => {
        const source = Readable.from(converters[format](await storedRecording(client, id)));
        if (output === undefined) return pipeline(source, process.stdout, { end: false });
        // Recordings hold what people are not all allowed to see.
        return pipeline(source, createWriteStream(output, { flags: 'wx', mode: 0o600 }));
      });
    });
}

async function* lines(source: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of source) yield `${line}\n`;
}
