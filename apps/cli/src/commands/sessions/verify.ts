import { Command } from 'commander';
import { recordingIndex } from '@sallyport/api-contract';
import { verifyRecording, type Expectations, type VerifyReport } from '@sallyport/recording';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { exitCodes } from '../../exit-codes.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';
import { exportedRecording, storedRecording } from './recording-source.js';

export function verifyCommand(): Command {
  return new Command('verify')
    .description('check that a recording is whole, in order and unchanged, against the index kept in the database')
    .argument('<id>')
    .option('--file <file>', 'check this exported recording instead of the stored one')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, file, ...global } = optionsOf<{ file?: string }>(command);
      const report = await withApi(global, async (client) => {
        const index = await client.get(`/v1/sessions/${segment(id)}/recording/index`, recordingIndex);
        const source = file === undefined ? await storedRecording(client, id) : await exportedRecording(file);
        const last = index.segments.at(-1);
        const expected: Expectations = {
          sessionId: index.sessionId,
          digests: index.segments.map(({ sha256 }) => sha256),
          ...(last && { chain: last.chain }),
        };
        return verifyRecording(source, expected);
      });
      if (json) printJson(report);
      else print(report);
      if (!report.ok) process.exitCode = exitCodes.failed;
    });
}

function print({ ok, segments, decisions, interrupted, issues }: VerifyReport): void {
  const ending = interrupted ? ', ended by a gateway that was killed' : '';
  printLine(`${ok ? 'intact' : 'NOT INTACT'}: ${segments} segments, ${decisions} decisions${ending}`);
  for (const { code, offset, message } of issues) printLine(`  ${code} at byte ${offset}: ${visible(message)}`);
}
