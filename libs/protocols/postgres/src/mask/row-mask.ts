import { Words } from '@sallyport/masking';
import { backend } from '../messages.js';
import { ByteSink } from './byte-sink.js';
import type { CellMask } from './cell-mask.js';
import { malformed } from './malformed.js';
import { PatchedBytes } from './patched-bytes.js';

/** Type byte, length, number of columns. */
const headerBytes = 7;

/** Masks the DataRows of one result. Compiled once per statement; walks bytes, decodes nothing it does not mask. */
export class RowMask {
  /** @param cells one entry per column of the result, undefined where the column is not masked */
  constructor(private readonly cells: readonly (CellMask | undefined)[]) {}

  /**
   * Masks one complete DataRow.
   * @throws SallyportError `malformed-result`
   */
  row(message: Buffer): Buffer {
    const out = new ByteSink(message.length * 2);
    this.rows(message, 0, message.length, out);
    return out.finish();
  }

  /**
   * Masks a run of complete DataRow messages at `start`..`end` of a chunk in one go.
   * @throws SallyportError `malformed-result`; what is in the sink by then is of no use
   */
  rows(chunk: Buffer, start: number, end: number, out: ByteSink): void {
    const words = new Words(chunk);
    const { view } = words;
    const patched = new PatchedBytes(words, start, out);
    let at = start;
    while (at < end) {
      if (end - at < headerBytes || view.getUint8(at) !== backend.dataRow) throw malformed('something else than a row');
      // The length counts itself, not the type byte.
      const rowEnd = at + 1 + view.getInt32(at + 1);
      if (rowEnd < at + headerBytes || rowEnd > end) throw malformed('a row with a wrong length');
      const header = patched.position(at);
      const growth = maskCells(this.cells, words, at + 5, rowEnd, patched);
      if (growth !== 0) patched.setInt32(header + 1, rowEnd - at - 1 + growth);
      at = rowEnd;
    }
    patched.finish(end);
  }
}

/**
 * Masks one tuple: a 16-bit number of columns, then for each a 32-bit length and that many bytes. DataRow and binary COPY
 * share this form. Answers by how many bytes it grew.
 */
export function maskCells(
  cells: readonly (CellMask | undefined)[],
  words: Words,
  start: number,
  end: number,
  patched: PatchedBytes,
): number {
  const { bytes, view } = words;
  if (view.getUint16(start) !== cells.length) throw malformed('a row with a wrong number of columns');
  let at = start + 2;
  let growth = 0;
  for (let column = 0; column < cells.length; column += 1) {
    if (at + 4 > end) throw malformed('a row that ends too early');
    const length = view.getInt32(at);
    const isNull = length === -1;
    const valueEnd = at + 4 + (isNull ? 0 : length);
    if (length < -1 || valueEnd > end) throw malformed('a value with a wrong length');
    const cell = cells[column];
    if (cell !== undefined && (!isNull || cell.hidesNull)) {
      const { memo } = cell;
      let value: Words | null;
      let from = 0;
      let count: number;
      if (memo !== undefined) {
        count = memo.find(words, at + 4, valueEnd);
        value = memo.memory;
        from = memo.from;
      } else {
        value = cell.constant !== undefined ? cell.constant : viewed(cell.mask(bytes, at + 4, valueEnd));
        count = value === null ? 0 : value.bytes.length;
      }
      growth += count - (valueEnd - at - 4);
      patched.replaceCell(at, valueEnd, value, from, count);
    }
    at = valueEnd;
  }
  if (at !== end) throw malformed('a row with bytes behind its values');
  return growth;
}

function viewed(bytes: Buffer | null): Words | null {
  return bytes && new Words(bytes);
}
