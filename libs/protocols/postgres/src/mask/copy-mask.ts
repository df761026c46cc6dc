import type { ColumnRef, Obligation, ResultShape } from '@sallyport/domain';
import type { CopyShape } from '@sallyport/sql';
import { blankCell, type CellMask, cellType, type CellType, maskedCell } from './cell-mask.js';
import { BinaryCopyMask } from './copy-binary.js';
import { LineCopyMask } from './copy-lines.js';
import type { CopyRowMask } from './copy-row-mask.js';
import { malformed } from './malformed.js';
import { maskedOutputs, methodsByColumn } from './masked-outputs.js';
import { pseudonymsOf } from './pseudonyms-of.js';

export interface CopyMaskRequest {
  readonly copy: CopyShape;
  readonly shape: ResultShape | null | 'opaque';
  readonly obligations: readonly Obligation[];
  /** 32 bytes. The same object every time, so that what was computed once is remembered. */
  readonly pseudonymKey: Uint8Array;
  /** COPY data does not say its types: the catalog's word for a column, where it has one. */
  readonly typeOf?: (column: ColumnRef) => number | undefined;
  /** Oids of types that extensions made and that are texts in both formats, such as citext. */
  readonly textTypes?: ReadonlySet<number>;
  /** Longest row that is put together from pieces. Bytes. */
  readonly maxRowBytes?: number;
}

export type CopyMaskPlan =
  /** No mask: the data may pass as it is. */
  { readonly ok: true; readonly mask?: CopyMask } | { readonly ok: false; readonly reason: string };

const defaultMaxRowBytes = 64 << 20;
const textOid = 25;

/** Compiles what masking the data of one COPY TO STDOUT takes. Data that goes to the target is not masked. */
export function planCopyMask(request: CopyMaskRequest): CopyMaskPlan {
  const { copy, shape } = request;
  if (copy.direction === 'in') return { ok: true };
  const masked = maskedOutputs(shape, methodsByColumn(request.obligations), copy.columns);
  if (!masked.ok) return masked;
  const cells = masked.outputs.map((output, index): CellMask | undefined => {
    if (output === undefined) return undefined;
    const type = copyType(request, index);
    return output === 'blank' ? blankCell(type) : maskedCell(output, type, pseudonymsOf(request.pseudonymKey));
  });
  if (cells.every((cell) => cell === undefined)) return { ok: true };
  const rows = copy.format === 'binary' ? new BinaryCopyMask(cells) : new LineCopyMask(copy, cells);
  return { ok: true, mask: new CopyMask(rows, request.maxRowBytes ?? defaultMaxRowBytes) };
}

/** In a file of text anything unknown is a text; in binary it is unknown, and becomes NULL. */
function copyType({ copy, shape, typeOf, textTypes }: CopyMaskRequest, index: number): CellType {
  const column = shape === null || shape === 'opaque' ? undefined : shape.columns[index];
  const source = column?.direct && column.sources.length === 1 ? column.sources[0] : undefined;
  const known = source && typeOf?.(source);
  if (copy.format === 'binary') return cellType({ typeOid: known ?? 0, format: 1 }, textTypes);
  return cellType({ typeOid: known ?? textOid, format: 0 }, textTypes);
}

/** Masks one COPY's data. A CopyData message need not be a row: rows are found across any division into messages. */
export class CopyMask {
  #pending: Buffer = Buffer.alloc(0);
  #pendingBytes = 0;

  constructor(
    private readonly rows: CopyRowMask,
    private readonly maxRowBytes: number,
  ) {}

  /**
   * @param payload of one CopyData message
   * @returns payloads to send on, one for each row that is complete now
   * @throws SallyportError `malformed-result`, also when a row is longer than the limit
   */
  push(payload: Buffer): Buffer[] {
    const isJoined = this.#pendingBytes > 0;
    const bytes = isJoined ? this.#join(payload) : payload;
    const end = isJoined ? this.#pendingBytes : payload.length;
    const masked: Buffer[] = [];
    let rowStart = 0;
    while (rowStart < end) {
      const rowEnd = this.rows.find(bytes, rowStart, end);
      if (rowEnd < 0) break;
      masked.push(this.rows.mask(bytes, rowStart, rowEnd));
      this.rows.next();
      rowStart = rowEnd;
    }
    if (end - rowStart > this.maxRowBytes) throw malformed(`a COPY row longer than ${this.maxRowBytes} bytes`);
    this.#keep(bytes, rowStart, end);
    return masked;
  }

  /** Nothing may be left when the target says that it is done. */
  end(): Buffer[] {
    if (this.#pendingBytes > 0 || !this.rows.ended) throw malformed('COPY data that ends within a row');
    return [];
  }

  #join(payload: Buffer): Buffer {
    const needed = this.#pendingBytes + payload.length;
    if (needed > this.#pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#pending.length * 2));
      this.#pending.copy(larger, 0, 0, this.#pendingBytes);
      this.#pending = larger;
    }
    payload.copy(this.#pending, this.#pendingBytes);
    this.#pendingBytes = needed;
    return this.#pending;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#pendingBytes = end - start;
    if (bytes === this.#pending) {
      if (start > 0) bytes.copyWithin(0, start, end);
    } else if (this.#pendingBytes > 0) {
      if (this.#pendingBytes > this.#pending.length) this.#pending = Buffer.allocUnsafe(this.#pendingBytes);
      bytes.copy(this.#pending, 0, start, end);
    }
  }
}
