import { createRequire } from 'node:module';
import type { ParseResult } from '@pgsql/types';

/** What the grammar said against a text. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  /** @param position 1-based character position; undefined where the grammar gave none. */
  constructor(
    message: string,
    readonly position: number | undefined,
  ) {
    super(message);
  }
}

/** The part of the WebAssembly module that is used here: the package's own wrapper cannot replace a broken instance. */
interface GrammarModule {
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, size: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: 'i32'): number;
  _malloc(size: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(query: number): number;
  _wasm_free_parse_result(result: number): void;
  readonly HEAPU8: Uint8Array;
}

const createModule = createRequire(import.meta.url)('libpg-query/wasm/libpg-query.js') as () => Promise<GrammarModule>;

/** WebAssembly memory never shrinks: an instance that grew beyond this is replaced. Bytes. */
const maxHeapBytes = 256 << 20;
const sparesWanted = 2;

const spares: GrammarModule[] = [];
let current: GrammarModule | undefined;
let refill: Promise<void> | undefined;

/** Makes the parser ready. Call once before `PostgresInspector` is used; calling again is harmless. */
export async function loadParser(): Promise<void> {
  if (!current && spares.length === 0) spares.push(await createModule());
  await fillSpares();
}

/** True until an instance broke faster than new ones could be made, or `loadParser` was never called. */
export function parserReady(): boolean {
  return current !== undefined || spares.length > 0;
}

/**
 * The parse tree of a text by PostgreSQL's own grammar. Throws SyntaxProblem where the grammar refuses the text. Any
 * other error means the instance may be broken (a stack overflow leaves its stack pointer and memory contexts behind):
 * it is thrown away and a spare takes over.
 */
export function parse(text: string): ParseResult {
  if (text === '') return { version: 0, stmts: [] };
  current ??= spares.pop();
  if (!current) throw new Error('the parser is not ready');
  try {
    const tree = parseWith(current, text);
    if (current.HEAPU8.length > maxHeapBytes) replace();
    return tree;
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) replace();
    throw error;
  }
}

function replace(): void {
  current = spares.pop();
  void fillSpares();
}

function fillSpares(): Promise<void> {
  refill ??= (async (): Promise<void> => {
    while (spares.length < sparesWanted) spares.push(await createModule());
  })()
    .catch(() => undefined) // the next call tries again; until then parsing fails closed
    .finally(() => {
      refill = undefined;
    });
  return refill;
}

function parseWith(grammar: GrammarModule, text: string): ParseResult {
  const size = grammar.lengthBytesUTF8(text) + 1;
  const query = grammar._malloc(size);
  if (query === 0) throw new Error('the parser is out of memory');
  grammar.stringToUTF8(text, query, size);
  const result = grammar._wasm_parse_query_raw(query);
  if (result === 0) throw new Error('the parser is out of memory');
  // struct PgQueryParseResult { char *parse_tree; char *stderr_buffer; PgQueryError *error; }
  const error = grammar.getValue(result + 8, 'i32');
  const problem = error === 0 ? undefined : readProblem(grammar, error);
  const json = problem ? '' : grammar.UTF8ToString(grammar.getValue(result, 'i32'));
  grammar._wasm_free_parse_result(result);
  grammar._free(query);
  if (problem) throw problem;
  return JSON.parse(json) as ParseResult;
}

/** struct PgQueryError { char *message, *funcname, *filename; int lineno; int cursorpos; char *context; } */
function readProblem(grammar: GrammarModule, error: number): SyntaxProblem {
  const message = grammar.UTF8ToString(grammar.getValue(error, 'i32'));
  const position = grammar.getValue(error + 16, 'i32');
  return new SyntaxProblem(message, position > 0 ? position : undefined);
}
