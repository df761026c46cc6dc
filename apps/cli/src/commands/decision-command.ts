import type { Schema } from '@sallyport/api-client';
import { Command } from 'commander';
import { optionsOf, segment, withApi } from '../command-context.js';
import { printJson } from '../output.js';

export type Verdict = 'approve' | 'deny';

/** What a reviewer's word is about. */
export interface Decidable<Decided> {
  readonly description: string;
  /** Collection of the API. */
  readonly path: string;
  readonly schema: Schema<Decided>;
  /** For a person. */
  readonly print: (decided: Decided) => void;
}

/** `approve ID` and `deny ID --comment WHY`. */
export function decisionCommand<Decided>(verdict: Verdict, about: Decidable<Decided>): Command {
  const command = new Command(verdict).description(about.description).argument('<id>');
  if (verdict === 'deny') command.requiredOption('--comment <text>', 'why');
  else command.option('--comment <text>', 'kept with the decision');
  return command.action(async (id: string, _options: unknown, self: Command) => {
    const { json, comment, ...global } = optionsOf<{ comment?: string }>(self);
    const body = comment === undefined ? {} : { comment };
    const path = `${about.path}/${segment(id)}/${verdict}`;
    const decided = await withApi(global, (client) => client.post(path, about.schema, body));
    if (json) printJson(decided);
    else about.print(decided);
  });
}
