import { reservedWords } from './reserved-words.js';

/** `argv`: exactly the words that the program of the command gets, its own name first. */
export type ParsedCommand =
  { readonly literal: true; readonly argv: readonly string[] } | { readonly literal: false; readonly why: string };

/**
 * Characters that mean themselves outside quotes. Fewer than POSIX leaves alone (XCU §2.2), since the account's login
 * shell may be another: `~` `^` `#` `=` `%` `{` `}` `!` expand in bash, zsh, csh or fish. Nothing beyond ASCII: which
 * of it is a blank depends on a locale that is not ours.
 */
const bare = /[A-Za-z0-9_%+,./:=@-]+/y;
/** Expanded in front of a word: `=ls` by zsh, `%1` by job control and fish. */
const expandsInFront = /[=%]/;
/**
 * A backslash is in no quote: fish takes it for an escape in single ones, csh does not in double ones, and each then ends
 * the word elsewhere. `!` is in none either, csh expands it in both. Invisible characters are nobody's words.
 */
const single = /'((?:(?!['\\!])[\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}])*)'/uy;
const double = /"((?:(?!["\\!$`])[\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}])*)"/uy;
const program = /^[A-Za-z0-9_./][A-Za-z0-9_%+,./:@-]*$/;

/**
 * Reads what a login shell would be told to run. Literal only where the text is one simple command of words that mean
 * themselves, so that sh, bash, dash, ksh, zsh, csh and fish all run the same words; everything else is opaque. The shells
 * of Windows know other quotes: nothing may be concluded for them. What rc files of the account define, aliases and
 * functions, is the target's own.
 */
export function parseCommand(text: string): ParsedCommand {
  const argv: string[] = [];
  let at = 0;
  for (;;) {
    while (text[at] === ' ') at += 1;
    if (at === text.length) break;
    const word = readWord(text, at);
    if ('why' in word) return { literal: false, why: word.why };
    if (argv.length === 0 && !(word.bare && program.test(word.value))) return opaque('its program is not a plain name');
    argv.push(word.value);
    at = word.end;
  }
  const [name] = argv;
  if (name === undefined) return opaque('it is empty');
  if (reservedWords.has(name)) return opaque('it begins with a reserved word');
  return { literal: true, argv };
}

/** The words as policies compare them: JSON without spaces. Two texts are equal exactly when the words are. */
export function argvText(argv: readonly string[]): string {
  return JSON.stringify(argv);
}

interface Word {
  readonly value: string;
  /** Where the next one may begin. */
  readonly end: number;
  /** Written without quotes. */
  readonly bare: boolean;
}

function readWord(text: string, start: number): Word | { readonly why: string } {
  let value = '';
  let end = start;
  let quoted: string | undefined;
  while (end < text.length && text[end] !== ' ') {
    const quote = text[end]!;
    // `'a''b'` is `a'b` in a zsh that is told so.
    if (quote === "'" && text[end - 1] === "'" && end > start) return { why: 'two quotes touch' };
    const pattern = quote === "'" ? single : quote === '"' ? double : bare;
    pattern.lastIndex = end;
    const piece = pattern.exec(text);
    if (!piece) return { why: whyNot(quote) };
    if (pattern === bare && end === start && expandsInFront.test(quote)) return { why: `a word begins with ${quote}` };
    if (pattern !== bare) quoted = quote;
    value += piece[1] ?? piece[0];
    end = pattern.lastIndex;
  }
  return { value, end, bare: quoted === undefined };
}

function whyNot(character: string): string {
  if (character === "'" || character === '"') return 'a quote is not closed, or holds what shells expand';
  return /[!-~]/.test(character) ? `${character} has a meaning to shells` : 'it holds a control or special character';
}

function opaque(why: string): ParsedCommand {
  return { literal: false, why };
}
