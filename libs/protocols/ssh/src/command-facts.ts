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
}

/** Words that mean themselves in every shell, and a first word that sets no variable. */
const literalCommand = /^[A-Za-z0-9_@%+:,./-]+( [A-Za-z0-9_@%+=:,./-]+)*$/;
const interpreters =
  /(?:^|[^A-Za-z0-9_.-])(?:(?:ba|da|z|k|c|tc|fi|a)?sh|busybox|python[0-9.]*|perl|ruby|node|php|lua|awk|gawk|mawk)(?![A-Za-z0-9_-])/;
const wrappers =
  /(?:^|\/)(?:env|xargs|find|nohup|time|nice|timeout|sudo|su|doas|ssh|watch|script|setsid|stdbuf|exec|eval)$/;

/** Whatever is not certainly literal is not literal, and whatever may be an interpreter is one. */
export function commandFacts(text: string): CommandFacts {
  const literal = literalCommand.test(text);
  const [program = '', ...rest] = literal ? text.split(' ') : [];
  const suspect = literal && !wrappers.test(program) ? program : text;
  return {
    text,
    literal,
    argvText: literal ? JSON.stringify([program, ...rest]) : '',
    program,
    arguments: [...new Set(rest)],
    interpreter: interpreters.test(suspect),
  };
}
