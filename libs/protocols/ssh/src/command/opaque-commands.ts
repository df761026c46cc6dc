import type { KnownWord } from './classify-command.js';

/** One word as it is written, and what it comes to where that is certain. */
export interface SeenWord {
  readonly source: string;
  readonly value: KnownWord;
}

const maxDepth = 16;
const redirection = /\d*(?:<<<|<>|>>|>\||[<>]&|[<>])(?!\()/y;
const endsWord = /[\s;&|<>()]/;
const plain = /[^\s;&|<>()'"\\$`*?[{~\p{C}]+/uy;
const variable = /\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])/y;
/** `${name}` and its forms; nothing in it that could hold another command. */
const parameter = /\$\{[#!]?[A-Za-z0-9_@*#?$-]+(?:\[[\w@*]+\])?(?:[:#%/^,+=?-][^`'"\\$(){}]*)?\}/y;
const arithmetic = /\$\(\([\w\s+*/%<>=!&|~^?:,.-]*\)\)/y;
const dollarQuote = /\$'(?:[^'\\]|\\[^])*'/y;

/**
 * The commands in a text that is more than one simple command, as a POSIX shell would tell them apart. Undefined where that
 * takes more than this reader knows: here-documents, functions, `case`. Nothing is permitted by what it finds; it tells
 * which programs are started in plain sight.
 */
export function commandsIn(text: string): readonly (readonly SeenWord[])[] | undefined {
  const reader = new OpaqueReader(text, 0);
  return reader.read() ? reader.commands : undefined;
}

class OpaqueReader {
  readonly commands: (readonly SeenWord[])[] = [];
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly depth: number,
  ) {}

  /** @returns whether all of it was understood */
  read(): boolean {
    return this.depth < maxDepth && this.#list(this.depth, undefined);
  }

  /** Commands up to the end of the text, or up to the character that closes them. */
  #list(depth: number, end: ')' | undefined): boolean {
    if (depth >= maxDepth) return false;
    let words: SeenWord[] = [];
    const finish = (): void => {
      if (words.length > 0) this.commands.push(words);
      words = [];
    };
    while (this.#at < this.text.length) {
      const next = this.text[this.#at]!;
      if (next === ' ' || next === '\t') this.#at += 1;
      else if (next === '#') this.#skipComment();
      else if (this.#take(redirection) !== undefined) {
        if (!this.#redirected(depth)) return false;
      } else if (/[;&|\n]/.test(next)) {
        this.#at += 1;
        finish();
      } else if (next === '(') {
        // Behind a word it is the head of a function.
        if (words.length > 0 || !this.#nested(depth, 1)) return false;
      } else if (next === ')') {
        if (end !== ')') return false;
        finish();
        return true;
      } else {
        const word = this.#word(depth);
        if (!word) return false;
        words.push(word);
      }
    }
    finish();
    return end === undefined;
  }

  /** Behind an operator that sends data elsewhere. A second `<` makes a here-document of it. */
  #redirected(depth: number): boolean {
    while (this.text[this.#at] === ' ') this.#at += 1;
    return this.text[this.#at] !== '<' && this.#word(depth) !== undefined;
  }

  #word(depth: number): SeenWord | undefined {
    const start = this.#at;
    let value = '';
    let known = true;
    while (this.#at < this.text.length && !endsWord.test(this.text[this.#at]!)) {
      const piece = this.#piece(depth);
      if (piece === undefined) return undefined;
      if (piece === unknown) known = false;
      else value += piece;
    }
    const source = this.text.slice(start, this.#at);
    if (source === '') return undefined;
    // Alone they are words, not patterns.
    const itself = /^(?:[{}!]|\[\[?)$/.test(source);
    return { source, value: itself ? source : known ? value : undefined };
  }

  /** A stretch of a word; `unknown` where it says something only once it runs; undefined where it cannot be followed. */
  #piece(depth: number): string | typeof unknown | undefined {
    const next = this.text[this.#at]!;
    if (next === "'") return this.#singleQuoted();
    if (next === '"') return this.#doubleQuoted(depth);
    if (next === '\\') return this.#escaped();
    if (next === '$') return this.#take(dollarQuote) === undefined ? this.#expansion(depth) : unknown;
    if (next === '`') return this.#backquoted(depth);
    if (/[*?[{~]/.test(next)) {
      this.#at += 1;
      return unknown;
    }
    return this.#take(plain);
  }

  #singleQuoted(): string | undefined {
    const end = this.text.indexOf("'", this.#at + 1);
    if (end < 0) return undefined;
    const quoted = this.text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return quoted;
  }

  #doubleQuoted(depth: number): string | typeof unknown | undefined {
    this.#at += 1;
    let value = '';
    let known = true;
    for (;;) {
      const next = this.text[this.#at];
      if (next === undefined) return undefined;
      if (next === '"') break;
      const piece = /[\\$`]/.test(next) ? this.#special(next, depth) : next;
      if (piece === undefined) return undefined;
      if (piece === next && !/[\\$`]/.test(next)) this.#at += 1;
      if (piece === unknown) known = false;
      else value += piece;
    }
    this.#at += 1;
    return known ? value : unknown;
  }

  #special(next: string, depth: number): string | typeof unknown | undefined {
    if (next === '\\') return this.#escaped();
    return next === '$' ? this.#expansion(depth) : this.#backquoted(depth);
  }

  #escaped(): string | undefined {
    const next = this.text[this.#at + 1];
    this.#at += 2;
    return next === '\n' ? '' : next;
  }

  #expansion(depth: number): string | typeof unknown | undefined {
    for (const form of [arithmetic, parameter, variable]) if (this.#take(form) !== undefined) return unknown;
    const next = this.text[this.#at + 1];
    if (next === '(' && this.text[this.#at + 2] !== '(') return this.#nested(depth, 2) ? unknown : undefined;
    if (next === '(' || next === '{' || next === '[') return undefined;
    this.#at += 1;
    return '$';
  }

  /** Commands in parentheses. */
  #nested(depth: number, opening: number): boolean {
    this.#at += opening;
    if (!this.#list(depth + 1, ')')) return false;
    this.#at += 1;
    return true;
  }

  #backquoted(depth: number): typeof unknown | undefined {
    const end = this.text.indexOf('`', this.#at + 1);
    const inner = this.text.slice(this.#at + 1, end);
    if (end < 0 || inner.includes('\\')) return undefined;
    const reader = new OpaqueReader(inner, depth + 1);
    if (!reader.read()) return undefined;
    this.commands.push(...reader.commands);
    this.#at = end + 1;
    return unknown;
  }

  #skipComment(): void {
    const end = this.text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.text.length : end;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

const unknown = Symbol('known once it runs');
