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
  /** Most names and key words. Each costs the grammar several times what a literal does; NULL, TRUE and FALSE count as literals. */
  readonly maxNames: number;
  /** Most operator characters, and a few times as many words, between two commas: `1+1+1…` nests as deep as brackets. */
  readonly maxChain: number;
  /** Most set operations and joins, which nest without brackets or commas between them. */
  readonly maxArms: number;
}

export const defaultTextLimits: TextLimits = {
  maxBytes: 1 << 20,
  maxNesting: 256,
  maxPunctuation: 100_000,
  maxNames: 20_000,
  maxChain: 2000,
  maxArms: 600,
};

/** Texts shorter than this cannot hurt. Characters. */
const shortText = 1000;
const wordsPerOperator = 3;

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
  return text.length > shortText ? complexityProblem(text, limits) : undefined;
}

const arm = /\b(?:union|intersect|except|join)\b/gi;

function complexityProblem(text: string, limits: TextLimits): TextProblem | undefined {
  const chains: Chain[] = [{ operators: 0, words: 0 }];
  let punctuation = 0;
  let names = 0;
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const chain = chains.at(-1)!;
    const wasInWord = inWord;
    inWord = isWord(code);
    if (code <= 0x20) continue;
    if (inWord) {
      if (wasInWord) continue;
      if (++chain.words > limits.maxChain * wordsPerOperator) return tooDeep(i);
      if (!isLiteral(text, i)) names++;
    } else if (code === quote || code === doubleQuote) {
      i = text.indexOf(code === quote ? "'" : '"', i + 1);
      if (i < 0) break;
    } else {
      punctuation++;
      if (!follow(code, chains, limits)) return tooDeep(i);
    }
  }
  if (punctuation > limits.maxPunctuation || names > limits.maxNames) {
    return { message: 'the text has too many parts' };
  }
  if ((text.match(arm)?.length ?? 0) > limits.maxArms) {
    return { message: 'the text has too many parts' };
  }
  return undefined;
}

/** What stands beside one another at one depth of brackets. */
interface Chain {
  operators: number;
  words: number;
}

/** False when the nesting has become too deep. */
function follow(code: number, chains: Chain[], limits: TextLimits): boolean {
  const chain = chains.at(-1)!;
  switch (code) {
    case 0x28: // (
    case 0x5b: // [
      chain.operators++;
      chains.push({ operators: 0, words: 0 });
      return chains.length <= limits.maxNesting && chain.operators <= limits.maxChain;
    case 0x29: // )
    case 0x5d: // ]
      if (chains.length > 1) chains.pop();
      return true;
    case 0x2c: // ,
    case 0x3b: // ;
      chain.operators = 0;
      chain.words = 0;
      return true;
    default:
      return ++chain.operators <= limits.maxChain;
  }
}

const literalWord = /(?:null|true|false)\b/iy;

/** Whether the word that starts here is a number or one of the literal words. */
function isLiteral(text: string, index: number): boolean {
  if (text.charCodeAt(index) <= 0x39) return true;
  literalWord.lastIndex = index;
  return literalWord.test(text);
}

function tooDeep(index: number): TextProblem {
  return { message: 'the text is nested too deeply', position: index + 1 };
}

function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code >= 0x80
  );
}
