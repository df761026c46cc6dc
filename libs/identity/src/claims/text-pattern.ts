/** A text with `*` for anything, also nothing; it describes the whole value. No other character is special. */
export class TextPattern {
  readonly #parts: readonly string[];

  constructor(pattern: string) {
    this.#parts = pattern.split('*');
  }

  /** One pass over the text, whatever the pattern: each part is looked for once, after the one before. */
  matches(text: string): boolean {
    const [first = '', ...rest] = this.#parts;
    const last = rest.pop();
    if (last === undefined) return text === first;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  }
}
