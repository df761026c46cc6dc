import type { ColumnRef, Obligation, ResultShape } from '@sallyport/domain';
import type { CopyShape } from '@sallyport/sql';
import { backend } from '../messages.js';
import { ByteSink, readInt32 } from './byte-sink.js';
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
const maxIdleBytes = 64 << 10;

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

/** Type byte and length in front of each CopyData's payload. */
const frameBytes = 5;

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
    const out = new ByteSink(payload.length * 2 + 64);
    this.#take(payload, 0, payload.length, out);
    const framed = out.finish();
    const payloads: Buffer[] = [];
    for (let at = 0; at < framed.length; at += 1 + readInt32(framed, at + 1)) {
      payloads.push(framed.subarray(at + frameBytes, at + 1 + readInt32(framed, at + 1)));
    }
    return payloads;
  }

  /**
   * The same for a run of complete CopyData messages at `start`..`end` of a chunk in one go: writes complete CopyData
   * messages, one for each row that is complete now.
   * @throws SallyportError `malformed-result`, also when a row is longer than the limit
   */
  messages(chunk: Buffer, start: number, end: number, out: ByteSink): void {
    let at = start;
    while (at < end) {
      if (end - at < frameBytes || chunk[at] !== backend.copyData) throw malformed('something else than COPY data');
      const next = at + 1 + readInt32(chunk, at + 1);
      if (next < at + frameBytes || next > end) throw malformed('COPY data with a wrong length');
      this.#take(chunk, at + frameBytes, next, out);
      at = next;
    }
  }

  /** Nothing may be left when the target says that it is done. */
  end(): Buffer[] {
    if (this.#pendingBytes > 0 || !this.rows.ended) throw malformed('COPY data that ends within a row');
    return [];
  }

  /** Writes each row that is complete with these bytes as a CopyData message and keeps the rest. */
  #take(payload: Buffer, start: number, end: number, out: ByteSink): void {
    const isJoined = this.#pendingBytes > 0;
    const bytes = isJoined ? this.#join(payload, start, end) : payload;
    const bytesEnd = isJoined ? this.#pendingBytes : end;
    let rowStart = isJoined ? 0 : start;
    while (rowStart < bytesEnd) {
      const rowEnd = this.rows.find(bytes, rowStart, bytesEnd);
      if (rowEnd < 0) break;
      out.appendByte(backend.copyData);
      const lengthAt = out.length;
      out.appendInt32(0);
      this.rows.mask(bytes, rowStart, rowEnd, out);
      out.setInt32(lengthAt, out.length - lengthAt);
      this.rows.next();
      rowStart = rowEnd;
    }
    if (bytesEnd - rowStart > this.maxRowBytes) throw malformed(`a COPY row longer than ${this.maxRowBytes} bytes`);
    this.#keep(bytes, rowStart, bytesEnd);
  }

  #join(payload: Buffer, start: number, end: number): Buffer {
    const needed = this.#pendingBytes + end - start;
    if (needed > this.#pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#pending.length * 2));
      this.#pending.copy(larger, 0, 0, this.#pendingBytes);
      this.#pending = larger;
    }
    payload.copy(this.#pending, this.#pendingBytes, start, end);
    this.#pendingBytes = needed;
    return this.#pending;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#pendingBytes = end - start;
    if (this.#pendingBytes === 0) {
      // One long row must not keep its memory for the rest of the data.
      if (this.#pending.length > maxIdleBytes) this.#pending = Buffer.alloc(0);
    } else if (bytes === this.#pending) {
      if (start > 0) bytes.copyWithin(0, start, end);
    } else {
      if (this.#pendingBytes > this.#pending.length) this.#pending = Buffer.allocUnsafe(this.#pendingBytes);
      bytes.copy(this.#pending, 0, start, end);
    }
  }
}
