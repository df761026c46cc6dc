import {
  type ColumnRef,
  type MaskMethod,
  objectId,
  type Obligation,
  type OutputColumn,
  type ResultShape,
} from '@sallyport/domain';
import { blankCell, type CellMask, cellType, maskedCell } from './mask/cell-mask.js';
import { isTraced, maskedOutputs, methodsByColumn } from './mask/masked-outputs.js';
import { pseudonymsOf } from './mask/pseudonyms-of.js';
import { RowMask } from './mask/row-mask.js';
import type { RowField } from './messages.js';

export { planCopyMask } from './mask/copy-mask.js';
export type { CopyMask, CopyMaskPlan, CopyMaskRequest } from './mask/copy-mask.js';
export { scrubDiagnostic } from './mask/scrub-diagnostic.js';
export type { RowMask } from './mask/row-mask.js';

export interface ResultMaskRequest {
  /** What the inspection traced for this statement. */
  readonly shape: ResultShape | null | 'opaque';
  readonly obligations: readonly Obligation[];
  /** RowDescription, with the formats the rows will really have: those of Bind where there was one. */
  readonly fields: readonly RowField[];
  /** 32 bytes. The same object every time, so that what was computed once is remembered. */
  readonly pseudonymKey: Uint8Array;
  /** The column behind what RowDescription reports, where the catalog knows it. */
  readonly resolve?: (tableOid: number, attnum: number) => ColumnRef | undefined;
  /** Oids of types that extensions made and that are texts in both formats, such as citext. */
  readonly textTypes?: ReadonlySet<number>;
}

export type ResultMaskPlan =
  /** No mask: the result may pass as it is. */
  { readonly ok: true; readonly mask?: RowMask } | { readonly ok: false; readonly reason: string };

/**
 * Compiles what masking one result takes. The trace decides; what the server reports about a column can only add to it, for
 * it is silent about expressions and names the view where a view stands between.
 */
export function planResultMask(request: ResultMaskRequest): ResultMaskPlan {
  const { shape, obligations, fields } = request;
  const methods = methodsByColumn(obligations);
  const masked = maskedOutputs(shape, methods, fields.length);
  if (!masked.ok) return masked;
  const columns = shape === null || shape === 'opaque' ? [] : shape.columns;
  const cells = fields.map((field, index): CellMask | undefined => {
    const type = cellType(field, request.textTypes);
    if (isSurprise(request, methods, field, columns[index])) return blankCell(type);
    const output = masked.outputs[index];
    if (output === undefined) return undefined;
    return output === 'blank' ? blankCell(type) : maskedCell(output, type, pseudonymsOf(request.pseudonymKey));
  });
  return cells.some((cell) => cell !== undefined) ? { ok: true, mask: new RowMask(cells) } : { ok: true };
}

/** The server says that the values are those of a masked column, and the trace did not know. */
function isSurprise(
  { resolve }: ResultMaskRequest,
  methods: ReadonlyMap<string, MaskMethod>,
  field: RowField,
  traced: OutputColumn | undefined,
): boolean {
  const reported = field.tableOid === 0 ? undefined : resolve?.(field.tableOid, field.attnum);
  return reported !== undefined && methods.has(objectId(reported)) && !isTraced(traced, reported);
}
