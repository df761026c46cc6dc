/**
 * Bounds on one statement. Cedar parses and evaluates by recursion inside WebAssembly, where running out of stack leaves
 * the module unusable for the rest of the process: these stay well below what it survives (about 100 levels, 1000 operators in a row).
 */
export const statementLimits = { characters: 16_384, nesting: 32, conditionals: 32, operatorCharacters: 512 } as const;
/** Largest text of one named policy. Characters. */
const maxSource = 262_144;

export interface StatementText {
  readonly text: string;
  /** UTF-16 offset in the policy's text. */
  readonly start: number;
}
export type SplitResult =
  | { readonly ok: true; readonly statements: readonly StatementText[] }
  | { readonly ok: false; readonly offset: number; readonly message: string };

// Comment, string, word, blank, or any single character: the token classes in which `;` and brackets hide.
const token = /\/\/[^\r\n]*|"[^"\\]*(?:\\[^][^"\\]*)*"|[\p{L}_][\p{L}\p{N}_]*|\s+|[^]/gu;

/**
 * Cuts a policy's text after each `;` that ends a statement. Nothing but blanks and comments is left out, and Cedar parses
 * each piece as exactly one statement, so a wrong cut is a parse error.
 */
export function splitStatements(source: string): SplitResult {
  if (source.length > maxSource) return { ok: false, offset: 0, message: `longer than ${maxSource} characters` };
  if (/\p{Surrogate}/u.test(source)) return { ok: false, offset: 0, message: 'not well-formed Unicode' };
  const statements: StatementText[] = [];
  let piece = new Piece();
  for (const match of source.matchAll(token)) {
    const [text] = match;
    if (/^(\s|\/\/)/u.test(text)) continue;
    const excess = piece.add(text, match.index);
    if (excess) return { ok: false, offset: match.index, message: excess };
    if (text === ';') {
      statements.push({ text: source.slice(piece.start, match.index + 1), start: piece.start! });
      piece = new Piece();
    }
  }
  if (piece.start !== undefined) statements.push({ text: source.slice(piece.start), start: piece.start });
  return statements.length > 0
    ? { ok: true, statements }
    : { ok: false, offset: 0, message: 'holds no policy statement' };
}

class Piece {
  start: number | undefined;
  #depth = 0;
  #conditionals = 0;
  #operators = 0;

  /** Why the statement is too much; undefined while it is not. */
  add(text: string, offset: number): string | undefined {
    this.start ??= offset;
    if (text === 'if') this.#conditionals += 1;
    else if ('([{'.includes(text)) this.#depth += 1;
    else if (')]}'.includes(text)) this.#depth -= 1;
    if (/^[{&|+\-*.!<>=]$/.test(text)) this.#operators += 1;
    const { characters, nesting, conditionals, operatorCharacters } = statementLimits;
    if (offset + text.length - this.start > characters) return `a statement is longer than ${characters} characters`;
    if (this.#depth > nesting) return `brackets are nested deeper than ${nesting}`;
    if (this.#conditionals > conditionals) return `more than ${conditionals} conditionals in a statement`;
    if (this.#operators > operatorCharacters) return 'too many operators in a statement';
    return undefined;
  }
}
