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

export function commandFacts(text: string): CommandFacts {
  const literal = /^[A-Za-z0-9_@%+:,./-]+( [A-Za-z0-9_@%+=:,./-]+)*$/.test(text);
  const [program = '', ...rest] = literal ? text.split(' ') : [];
  return {
    text,
    literal,
    argvText: literal ? JSON.stringify([program, ...rest]) : '',
    program,
    arguments: [...new Set(rest)],
    interpreter: /^(.*\/)?(sh|bash|dash|zsh|ksh|python[0-9.]*|perl|ruby|node)$/.test(program),
  };
}
