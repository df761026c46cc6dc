import { classify } from './command/classify-command.js';
import { classifyText } from './command/classify-text.js';
import { argvText, parseCommand } from './command/parse-command.js';

/** What policy is told about a command. */
export interface CommandFacts {
  readonly text: string;
  /** True: one simple command of literal words, so `argv` is what the target's shell would run. */
  readonly literal: boolean;
  /** JSON of the words; empty when not literal. */
  readonly argvText: string;
  readonly program: string;
  readonly arguments: readonly string[];
  /** It runs what its input or its arguments say. */
  readonly interpreter: boolean;
  /** What it reads may be code, so that its input has to be judged with it. */
  readonly readsCode: boolean;
}

/** Whatever is not certainly literal is not literal, and whatever may be an interpreter is one. */
export function commandFacts(text: string, setting: { readonly pty?: boolean } = {}): CommandFacts {
  const parsed = parseCommand(text);
  const { interpreter, runsOthers } = parsed.literal ? classify(parsed.argv, setting) : classifyText(text, setting);
  const [program = '', ...rest] = parsed.literal ? parsed.argv : [];
  return {
    text,
    literal: parsed.literal,
    argvText: parsed.literal ? argvText(parsed.argv) : '',
    program,
    arguments: [...new Set(rest)],
    interpreter: interpreter || runsOthers,
    readsCode: interpreter,
  };
}
