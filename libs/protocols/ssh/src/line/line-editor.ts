import { columnWidth } from './column-width.js';
import { EscapeReader } from './escape-reader.js';

/** Longest line. Bytes of UTF-8. */
export const maxLine = 4096;

/** `spoiled`: why the line may not be taken for what somebody meant. */
export type LineEvent =
  { readonly kind: 'line'; readonly text: string; readonly spoiled?: string } | { readonly kind: 'interrupt' | 'end' };

export interface Reading {
  /** What the terminal is to show of it. */
  readonly echo: string;
  /** Set once a line is complete; what follows it is in `rest`. */
  readonly event?: LineEvent;
  readonly rest: string;
}

const bell = '\u0007';
/** What nobody sees: controls, formats (bidirectional overrides among them), separators, surrogates; and what is no UTF-8. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufffd]/u;

/**
 * One line in the making, as a terminal's driver edits it in cooked mode: the line is always exactly what is shown. Without
 * a terminal nothing is shown, and a line that holds what cannot be seen is spoiled.
 */
export class LineEditor {
  #line: string[] = [];
  #bytes = 0;
  #spoiled: string | undefined;
  #afterReturn = false;
  readonly #escapes = new EscapeReader();

  constructor(private readonly terminal: boolean) {}

  /** Reads up to the end of the next line. */
  read(text: string): Reading {
    let echo = '';
    let at = 0;
    for (const character of text) {
      at += character.length;
      const done = this.#character(character, (shown) => (echo += shown));
      if (done) return { echo, event: done, rest: text.slice(at) };
    }
    return { echo, rest: '' };
  }

  /** Whether something of a line is there. */
  get pending(): boolean {
    return this.#line.length > 0 || this.#spoiled !== undefined;
  }

  #character(character: string, show: (text: string) => void): LineEvent | undefined {
    const afterReturn = this.#afterReturn;
    this.#afterReturn = character === '\r';
    if (!this.terminal) return this.#plain(character, afterReturn);
    if (character === '\u0003') {
      show('^C\r\n');
      this.#clear();
      return { kind: 'interrupt' };
    }
    if (this.#escapes.swallows(character)) return undefined;
    if (character === '\r' || character === '\n') {
      if (character === '\n' && afterReturn) return undefined;
      show('\r\n');
      return this.#complete();
    }
    if (character === '\u0004') return this.pending ? undefined : { kind: 'end' };
    this.#edit(character, show);
    return undefined;
  }

  #plain(character: string, afterReturn: boolean): LineEvent | undefined {
    if (character === '\n' && afterReturn) return undefined;
    if (character === '\r' || character === '\n') return this.#complete();
    if (invisible.test(character)) this.#spoiled ??= 'it holds a character that cannot be seen, or is no UTF-8';
    else this.#append(character);
    return undefined;
  }

  #edit(character: string, show: (text: string) => void): void {
    switch (character) {
      case '\u007f':
      case '\u0008':
        return show(this.#erase(1));
      case '\u0015':
        return show(this.#erase(this.#line.length));
      case '\u0017':
        return show(this.#erase(this.#lastWord()));
      case '\t':
        // What is shown is what is judged and what is run: a tab would be neither seen nor counted.
        return show(this.#append(' '));
      default:
        show(invisible.test(character) ? bell : this.#append(character));
    }
  }

  /** @returns what shows it */
  #append(character: string): string {
    const bytes = Buffer.byteLength(character);
    if (this.#bytes + bytes > maxLine) {
      // Never run what is left of a line: it may mean something else.
      this.#spoiled ??= `it is longer than ${maxLine} bytes`;
      return bell;
    }
    this.#line.push(character);
    this.#bytes += bytes;
    return character;
  }

  #erase(characters: number): string {
    const erased = this.#line.splice(this.#line.length - Math.min(characters, this.#line.length));
    this.#bytes -= Buffer.byteLength(erased.join(''));
    if (this.#line.length === 0) this.#spoiled = undefined;
    return '\b \b'.repeat(erased.reduce((columns, one) => columns + columnWidth(one), 0));
  }

  #lastWord(): number {
    const before = this.#line.join('').replace(/[^ ]* *$/u, '');
    return this.#line.length - [...before].length;
  }

  #complete(): LineEvent {
    const text = this.#line.join('');
    const spoiled = this.#spoiled;
    this.#clear();
    return { kind: 'line', text, ...(spoiled !== undefined && { spoiled }) };
  }

  #clear(): void {
    this.#line = [];
    this.#bytes = 0;
    this.#spoiled = undefined;
    this.#escapes.reset();
  }
}
