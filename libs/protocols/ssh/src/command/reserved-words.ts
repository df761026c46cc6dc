/** First words by which some shell knows that more than a simple command follows, or that another word is the command. */
export const reservedWords: ReadonlySet<string> = new Set([
  // POSIX XCU §2.4, bash, ksh
  ...['if', 'then', 'else', 'elif', 'fi', 'do', 'done', 'case', 'esac', 'while', 'until', 'for', 'in'],
  ...['select', 'function', 'time', 'coproc', 'namespace'],
  // zsh
  ...['foreach', 'end', 'repeat', 'nocorrect', 'noglob', 'always', 'declare', 'typeset', 'local', 'readonly', 'export'],
  // csh
  ...['endif', 'switch', 'endsw', 'breaksw', 'default', 'goto', 'onintr', 'setenv', 'set'],
  // fish
  ...['begin', 'and', 'or', 'not'],
]);
