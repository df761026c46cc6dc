import type { CopyShape } from '@sallyport/sql';
import type { CellMask } from './cell-mask.js';
import type { CopyRowMask } from './copy-row-mask.js';
import { CsvLineFinder, type LineFinder, TextLineFinder } from './line-finder.js';
import { type CopyValueCodec, CsvValueCodec, TextValueCodec } from './copy-value.js';

interface MaskedColumn {
  readonly column: number;
  readonly cell: CellMask;
  /** The constant as it is written in a line. */
  readonly constant: Buffer | undefined;
}

/** Masks the lines of the text and CSV formats. */
export class LineCopyMask implements CopyRowMask {
  readonly #finder: LineFinder;
  readonly #codec: CopyValueCodec;
  readonly #masked: readonly MaskedColumn[];
  #isHeader: boolean;

  constructor(copy: CopyShape, cells: readonly (CellMask | undefined)[]) {
    this.#finder = copy.format === 'csv' ? new CsvLineFinder(copy) : new TextLineFinder(copy);
    this.#codec = copy.format === 'csv' ? new CsvValueCodec(copy) : new TextValueCodec(copy);
    this.#isHeader = copy.header;
    this.#masked = cells.flatMap((cell, column) => {
      if (!cell) return [];
      const constant = cell.constant === undefined ? undefined : this.#codec.encode(cell.constant, column);
      return [{ column, cell, constant }];
    });
  }

  /** Every row ends in its own line. */
  readonly ended = true;

  find(bytes: Buffer, rowStart: number, end: number): number {
    return this.#finder.find(bytes, rowStart, end);
  }

  next(): void {
    this.#finder.next();
    this.#isHeader = false;
  }

  mask(bytes: Buffer, rowStart: number, rowEnd: number): Buffer {
    if (this.#isHeader) return Buffer.from(bytes.subarray(rowStart, rowEnd));
    const { starts } = this.#finder;
    const pieces: Buffer[] = [];
    let taken = rowStart;
    for (const masked of this.#masked) {
      const start = rowStart + starts[masked.column]!;
      const end = rowStart + starts[masked.column + 1]! - 1;
      const replacement = this.#replacement(masked, bytes, start, end);
      if (replacement === undefined) continue;
      pieces.push(bytes.subarray(taken, start), replacement);
      taken = end;
    }
    pieces.push(bytes.subarray(taken, rowEnd));
    return Buffer.concat(pieces);
  }

  /** undefined: leave the field, it is NULL. */
  #replacement(
    { cell, constant, column }: MaskedColumn,
    bytes: Buffer,
    start: number,
    end: number,
  ): Buffer | undefined {
    if (!cell.hidesNull && this.#codec.isNull(bytes, start, end)) return undefined;
    if (constant !== undefined) return constant;
    const value = this.#codec.decode(bytes, start, end);
    return this.#codec.encode(cell.mask(value, 0, value.length), column);
  }
}
