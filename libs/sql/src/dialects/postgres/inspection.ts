import type { Action } from '@sallyport/domain';
import type { Catalog } from './catalog.js';

/** What the meaning of a text depends on besides the text and the catalog. Kept by the session, read by the inspector. */
export interface SqlSession {
  /** Effective schemas in lookup order, as `current_schemas(true)` reports them; pg_temp is never listed. */
  readonly searchPath: readonly string[];
  /** Names of temporary relations this session may have made: an unqualified use means these and the permanent ones. */
  readonly tempRelations: ReadonlySet<string>;
  /** Statements by name, from Parse and from SQL PREPARE: they share one namespace. */
  readonly prepared: ReadonlyMap<string, StatementInspection>;
  /** Open cursors and named portals, by name. */
  readonly cursors: ReadonlyMap<string, StatementInspection>;
}

export type CopyFormat = 'text' | 'csv' | 'binary';
export interface CopyShape {
  readonly direction: 'in' | 'out';
  readonly format: CopyFormat;
  /** Number of columns in each row. */
  readonly columns: number;
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly nullText: string;
  readonly header: boolean;
  /** FORCE_QUOTE, by column position; `*` is every position. */
  readonly forceQuote: readonly number[];
}

/** What the session must remember once the target says that the statement succeeded. */
export type SessionChange =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback-to' }
  /** undefined path: back to the session's default. Only ever offered outside a transaction block. */
  | { readonly kind: 'search-path'; readonly path: readonly string[] | undefined }
  | { readonly kind: 'prepare'; readonly name: string; readonly body: StatementInspection }
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  | {
      readonly kind: 'declare-cursor';
      readonly name: string;
      readonly body: StatementInspection;
      readonly hold: boolean;
    }
  | { readonly kind: 'close-cursor'; readonly name: string | undefined }
  /** Remembered from the moment it is sent, whatever becomes of it. */
  | { readonly kind: 'create-temp'; readonly name: string }
  | { readonly kind: 'discard-all' }
  /** The catalog is read again before the next judgement. */
  | { readonly kind: 'catalog' }
  /** Code that nobody inspected ran: search path and catalog are read again before the next judgement. */
  | { readonly kind: 'opaque' };

/** One statement of a text. */
export interface StatementInspection {
  /** Upper case, the server's command words, e.g. `SELECT`, `CREATE TABLE`, `EXPLAIN`. */
  readonly kind: string;
  readonly action: Action;
  readonly changes: readonly SessionChange[];
  readonly copy?: CopyShape;
  /** False for statements that the server refuses inside a transaction block or a multi-statement text, and for search-path changes. */
  readonly allowedInTransaction: boolean;
  /** Highest parameter number used; 0 when there are none. */
  readonly parameters: number;
  /** Relation oids that the meaning rests on, sorted: part of what an approval binds. */
  readonly relations: readonly number[];
}

export type Inspection =
  | {
      readonly ok: true;
      readonly statements: readonly StatementInspection[];
      /** The whole text as one request: every effect of every statement. Kind of the first; `EMPTY` for an empty text. */
      readonly action: Action;
    }
  | {
      readonly ok: false;
      readonly code: 'unparsable' | 'unsupported';
      /** Safe to show: names the construct, never a value. */
      readonly message: string;
      /** 1-based character position, where the grammar gave one. */
      readonly position?: number;
      /** A name that the catalog does not have: worth one more try with a fresh catalog. */
      readonly missing?: 'relation' | 'column' | 'function';
    };

/** Text → meaning, for one resource. Pure apart from its cache; never throws. */
export interface SqlInspector {
  /** @param text one Query or Parse body, without its terminator; a NUL inside is unparsable. */
  inspect(text: string, catalog: Catalog, session: SqlSession): Inspection;
}
