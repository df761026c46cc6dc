/** Longest sequence that is swallowed as one; what goes on behind it is text again. Characters. */
const longest = 4096;

type State = 'text' | 'escape' | 'control' | 'single' | 'string' | 'stringEscape';

/**
 * Tells what a terminal sends on its own, arrows and answers to queries, from what is typed (ECMA-48 §5.4, §5.6). Also the
 * marks of a bracketed paste: what is between them is text like any other.
 */
export class EscapeReader {
  #state: State = 'text';
  #length = 0;

  /** @returns whether the character belongs to a sequence, and so to nobody's line */
  swallows(character: string): boolean {
    this.#length = this.#state === 'text' ? 0 : this.#length + 1;
    this.#state = this.#length > longest ? 'text' : next(this.#state, character);
    return this.#state !== 'text' || this.#length > 0;
  }

  reset(): void {
    this.#state = 'text';
    this.#length = 0;
  }
}

function next(state: State, character: string): State {
  if (character === '\u0018' || character === '\u001a') return 'text';
  switch (state) {
    case 'text':
      return character === '\u001b' ? 'escape' : 'text';
    case 'escape':
      return afterEscape(character);
    case 'control':
      return /[\x40-\x7e]/.test(character) ? 'text' : 'control';
    case 'single':
      return 'text';
    case 'string':
      if (character === '\u001b') return 'stringEscape';
      return character === '\u0007' ? 'text' : 'string';
    case 'stringEscape':
      return character === '\\' ? 'text' : 'string';
  }
}

function afterEscape(character: string): State {
  if (character === '[') return 'control';
  if (character === 'O') return 'single';
  if (character === '\u001b') return 'escape';
  return /[\]PX^_]/.test(character) ? 'string' : 'text';
}
