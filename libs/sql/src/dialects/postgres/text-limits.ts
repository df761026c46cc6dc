/** Why a text is not even given to the grammar. */
export interface TextProblem {
  readonly message: string;
  /** 1-based character position. */
  readonly position?: number;
}

export interface TextLimits {
  /** Largest text, UTF-8 bytes. */
  readonly maxBytes: number;
  /** Deepest nesting of brackets. */
  readonly maxNesting: number;
  /** Most separators and operators: what makes the grammar slow is their number, not the length of literals. */
  readonly maxPunctuation: number;
}

export const defaultTextLimits: TextLimits = { maxBytes: 1 << 20, maxNesting: 256, maxPunctuation: 100_000 };

/** With the u flag a pair is one character, so this finds halves only. */
const loneSurrogate = /\p{Surrogate}/u;

const quote = 0x27;
const doubleQuote = 0x22;

/**
 * Cheap checks before the grammar sees a text: the parser takes a C string, so a NUL would hide what follows it, and a
 * lone surrogate has no UTF-8. Bracket depth and punctuation are estimates (strings and quoted names are skipped,
 * comments are not): the exact bounds are on the parse tree.
 */
export function textProblem(text: string, limits: TextLimits): TextProblem | undefined {
  if (text.length > limits.maxBytes) return { message: `the text is longer than ${limits.maxBytes} bytes` };
  const nul = text.indexOf('\0');
  if (nul >= 0) return { message: 'the text contains a NUL character', position: nul + 1 };
  if (loneSurrogate.test(text)) return { message: 'the text is not valid Unicode' };
  if (text.length * 3 > limits.maxBytes && Buffer.byteLength(text, 'utf8') > limits.maxBytes) {
    return { message: `the text is longer than ${limits.maxBytes} bytes` };
  }
  return text.length > limits.maxNesting ? complexityProblem(text, limits) : undefined;
}

function complexityProblem(text: string, limits: TextLimits): TextProblem | undefined {
  let depth = 0;
  let punctuation = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80 || isWordOrSpace(code)) continue;
    if (code === quote || code === doubleQuote) {
      const end = text.indexOf(code === quote ? "'" : '"', i + 1);
      if (end < 0) break;
      i = end;
      continue;
    }
    punctuation++;
    if (code === 0x28 || code === 0x5b) depth++;
    else if (code === 0x29 || code === 0x5d) depth--;
    if (depth > limits.maxNesting) return { message: 'the text is nested too deeply', position: i + 1 };
  }
  return punctuation > limits.maxPunctuation ? { message: 'the text has too many parts' } : undefined;
}

function isWordOrSpace(code: number): boolean {
  return (
    code <= 0x20 ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f ||
    (code >= 0x61 && code <= 0x7a)
  );
}
