/**
 * Bounds on one statement. Cedar parses, validates and evaluates by recursion inside WebAssembly, and running out of stack
 * there leaves the module unusable for the rest of the process. It was seen to fail from some 120 levels on; all of these
 * together stay well below.
 */
export const statementLimits = {
  characters: 16_384,
  /** Brackets inside brackets. */
  nesting: 16,
  /** `if`. */
  conditionals: 16,
  /** `&&`, `||`, `+`, `-`, `*` and condition clauses. */
  joints: 48,
  /** `.` in one chain such as `context.statement.kind`. */
  members: 12,
} as const;
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

// Comment, string, word, blank, two-character operator or any single character: where `;` and brackets may hide.
const token = /\/\/[^\r\n]*|"[^"\\]*(?:\\[^][^"\\]*)*"|[\p{L}_][\p{L}\p{N}_]*|\s+|&&|\|\||[^]/gu;
const joints = new Set(['&&', '||', '+', '-', '*', '{']);
/** What a chain of members may go on after. */
const chainable = /^[\p{L}\p{N}_"]/u;
const operatorWords = new Set(['in', 'is', 'has', 'like', 'if', 'then', 'else']);

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
  #conditionals = 0;
  #joints = 0;
  /** Length of the member chain at each depth of brackets. */
  #chains = [0];

  /** Why the statement is too much; undefined while it is not. */
  add(text: string, offset: number): string | undefined {
    this.start ??= offset;
    if (text === 'if') this.#conditionals += 1;
    if ('([{'.includes(text)) this.#chains.push(0);
    else if (')]}'.includes(text)) this.#chains = this.#chains.length > 1 ? this.#chains.slice(0, -1) : [0];
    else this.#chain(text);
    if (joints.has(text)) this.#joints += 1;
    const { characters, nesting, conditionals, members } = statementLimits;
    if (offset + text.length - this.start > characters) return `a statement is longer than ${characters} characters`;
    if (this.#chains.length - 1 > nesting) return `brackets are nested deeper than ${nesting}`;
    if (this.#conditionals > conditionals) return `more than ${conditionals} conditionals in a statement`;
    if (this.#chains.at(-1)! > members) return `more than ${members} members in a chain`;
    if (this.#joints > statementLimits.joints) {
      return `more than ${statementLimits.joints} operators in a statement; use a set, or several statements`;
    }
    return undefined;
  }

  #chain(text: string): void {
    const last = this.#chains.length - 1;
    if (text === '.') this.#chains[last]! += 1;
    else if (!chainable.test(text) || operatorWords.has(text)) this.#chains[last] = 0;
  }
}
