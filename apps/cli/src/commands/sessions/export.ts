import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { exportAsciicast, exportJsonl, exportTranscript, NoTerminalError } from '@sallyport/recording';
import { optionsOf, withApi } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { storedRecording } from './recording-source.js';

type Format = 'recording' | 'jsonl' | 'text' | 'asciicast';
interface TerminalOptions {
  /** Of several terminals in one session; by default the first. */
  readonly exchange?: number;
  readonly input?: boolean;
}
interface Options extends TerminalOptions {
  readonly format: Format;
  readonly output?: string;
}

type Converter = (bytes: AsyncIterable<Uint8Array>, options: TerminalOptions) => AsyncIterable<Uint8Array | string>;
const converters: Readonly<Record<Format, Converter>> = {
  recording: (bytes) => bytes,
  jsonl: (bytes) => lines(exportJsonl(bytes)),
  text: (bytes) => lines(exportTranscript(bytes)),
  asciicast: (bytes, { exchange, input }) =>
    lines(exportAsciicast(bytes, { ...(exchange !== undefined && { seq: exchange }), ...(input && { input }) })),
};

export function exportCommand(): Command {
  return new Command('export')
    .description('write a recording to a file or to standard output')
    .argument('<id>')
    .addOption(
      new Option(
        '--format <format>',
        'recording: the bytes, for `sessions verify`; asciicast: a terminal, for asciinema',
      )
        .choices(['recording', 'jsonl', 'text', 'asciicast'])
        .default('recording'),
    )
    .option('--exchange <n>', 'asciicast: which terminal of the session; without it, the first', wholeNumber)
    .option('--input', 'asciicast: also what was typed, passwords among it')
    .option('-o, --output <file>', 'a new file; without it, standard output')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { format, output, exchange, input, ...global } = optionsOf<Options>(command);
      if (output === undefined && format === 'recording' && process.stdout.isTTY) {
        throw new CliError('a recording is binary: give -o FILE, or another --format', exitCodes.usage);
      }
      await withApi(global, async (client) => {
        const options = { ...(exchange !== undefined && { exchange }), ...(input !== undefined && { input }) };
        const source = await begun(converters[format](await storedRecording(client, id), options));
        if (output === undefined) return pipeline(source, process.stdout, { end: false });
        // Recordings hold what people are not all allowed to see.
        return pipeline(source, createWriteStream(output, { flags: 'wx', mode: 0o600 }));
      });
    });
}

/** The same from its first piece on, so that what cannot be exported is known before a file is made. */
async function begun<T>(source: AsyncIterable<T>): Promise<Readable> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await pieces.next().catch((error: unknown) => {
    throw error instanceof NoTerminalError ? new CliError(error.message, exitCodes.notFound) : error;
  });
  const all = async function* (): AsyncGenerator<T> {
    for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value;
  };
  return Readable.from(all());
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be the number of an exchange');
  return Number(text);
}

async function* lines(source: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of source) yield `${line}\n`;
}
