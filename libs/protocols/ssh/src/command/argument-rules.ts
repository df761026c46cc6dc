/** Whether these arguments, without the program's name, make it run something else. */
export type ArgumentRule = (args: readonly string[]) => boolean;

export function hasWord(...words: readonly string[]): ArgumentRule {
  return (args) => args.some((arg) => words.includes(arg));
}

/** Options such as `--to-command=x`, also shortened as GNU programs allow; one dash is enough for some. */
export function hasLong(...names: readonly string[]): ArgumentRule {
  return (args) =>
    args.some((arg) => {
      const given = /^--?([a-z][a-z0-9-]*)/i.exec(arg)?.[1]?.toLowerCase();
      if (given === undefined || (!arg.startsWith('--') && given.length < 4)) return false;
      return names.some((name) => name.startsWith(given));
    });
}

/** One letter, alone or in a bundle: `-x`, `-axv`. A letter in an option's value counts as well, on the safe side. */
export function hasShort(letters: string): ArgumentRule {
  return (args) => args.some((arg) => /^-[^-]/.test(arg) && [...letters].some((letter) => arg.includes(letter)));
}

/** The first argument is none of these: an option before it, or a command that might be anything. */
export function firstIsNot(names: string): ArgumentRule {
  const known = new Set(names.split(/\s+/));
  return (args) => !known.has(args[0] ?? '');
}

/** `host:path`: another program fetches it. */
export function anyColon(args: readonly string[]): boolean {
  return args.some((arg) => arg.includes(':'));
}

/** A file of the caller's choice instead of a name that the system knows. */
export function anySlash(args: readonly string[]): boolean {
  return args.some((arg) => arg.includes('/'));
}
