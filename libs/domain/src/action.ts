import type { MaskMethod } from './decision.js';
import type { ColumnRef, FieldRef, ObjectRef } from './object-ref.js';
import type { Protocol, Verb } from './verb.js';

export type ContextValue =
  boolean | number | string | readonly ContextValue[] | { readonly [key: string]: ContextValue };
export interface ContextRecord {
  readonly [key: string]: ContextValue;
}

/** One thing a request would do to one object. A request is permitted when every effect is. */
export interface Effect {
  readonly verb: Verb;
  readonly object: ObjectRef;
  /** For a Table: the columns touched by this verb. Absent where columns have no meaning (delete, truncate, alter). */
  readonly columns?: readonly string[];
}

/** Where one column of an answer comes from. */
export interface OutputColumn {
  /** True when the value is one source column as it stands, so a type-preserving mask may be applied to it. */
  readonly direct: boolean;
  /** Every column whose value can flow into this one, base tables behind views included. */
  readonly sources: readonly ColumnRef[];
}

/** The shape of one result set; undefined columns mean a statement without rows. */
export interface ResultShape {
  readonly columns: readonly OutputColumn[];
  /** `copy` results arrive as COPY data instead of rows. */
  readonly form: 'rows' | 'copy';
}

/** A part of documents that is masked for whoever may not `reveal` it. */
export interface ClassifiedField {
  readonly field: FieldRef;
  readonly tags: readonly string[];
  readonly mask: MaskMethod;
}

export interface Lineage {
  /** One entry per statement of the request, in order; null where it returns no rows; 'opaque' where its rows cannot be traced. */
  readonly results: readonly (ResultShape | null | 'opaque')[];
  /** Columns whose values decide or go somewhere other than a traced output: filters, joins, sorts, groups, writes. */
  readonly usedElsewhere: readonly ColumnRef[];
  /** Classified parts of documents that the answer, or what the gateway says of it, may hold. */
  readonly fields?: readonly ClassifiedField[];
}

/** What a request would do, in words every protocol shares. Pure data, made by an adapter's inspect step. */
export interface Action {
  readonly protocol: Protocol;
  /** The statement's kind in the protocol's own word, e.g. `SELECT`, `DELETE`, `connect`. */
  readonly kind: string;
  /** The exact text that would be forwarded and that a reviewer reads. */
  readonly text: string;
  readonly effects: readonly Effect[];
  /** Protocol facts for policy conditions, by their names in the schema, e.g. `{ statement: {...} }`. */
  readonly context: ContextRecord;
  readonly lineage: Lineage;
  /** Equal for two actions exactly when policy can see no difference between them (text and parameters aside). */
  readonly fingerprint: string;
}
