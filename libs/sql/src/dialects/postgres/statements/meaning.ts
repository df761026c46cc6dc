import type { Node } from '@pgsql/types';
import type { ResultShape } from '@sallyport/domain';
import type { Analysis, Rows } from '../analysis.js';
import type { CopyShape, SessionChange } from '../inspection.js';

/** What a statement is, besides the effects that its analysis gathered. */
export interface Meaning {
  /** Upper case, the server's command words. */
  readonly kind: string;
  /** The kind that policies see where it is not the statement's own: EXECUTE shows what it executes. */
  readonly policyKind?: string;
  readonly result: ResultShape | null | 'opaque';
  readonly changes?: readonly SessionChange[];
  readonly copy?: CopyShape;
  readonly allowedInTransaction?: boolean;
}

/** Analyses one kind of statement. */
export type StatementHandler<Body> = (analysis: Analysis, body: Body, context: StatementContext) => Meaning;

export interface StatementContext {
  /** Analyses a statement inside this one, as part of it. */
  readonly inside: (analysis: Analysis, node: Node) => Meaning;
}

/** The shape of a query's rows as they reach the client. */
export function rowsShape(analysis: Analysis, rows: Rows | undefined): Meaning['result'] {
  if (!rows) return null;
  if (rows.open || analysis.opaque) return 'opaque';
  const columns = rows.columns.map(({ value }) => ({ direct: value.direct, sources: [...value.sources.values()] }));
  return { form: 'rows', columns };
}

/** Rows that the server makes up itself, holding no table's values. */
export function plainShape(columns: number): ResultShape {
  return { form: 'rows', columns: Array.from({ length: columns }, () => ({ direct: false, sources: [] })) };
}
