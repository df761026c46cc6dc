import type { CopyShape } from '@sallyport/sql';
import type { ByteSink } from './byte-sink.js';
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
      const constant =
        cell.constant === undefined ? undefined : this.#codec.encode(cell.constant?.bytes ?? null, column);
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

  mask(bytes: Buffer, rowStart: number, rowEnd: number, out: ByteSink): void {
    let taken = rowStart;
    if (!this.#isHeader) {
      const { starts } = this.#finder;
      for (const masked of this.#masked) {
        const start = rowStart + starts[masked.column]!;
        const end = rowStart + starts[masked.column + 1]! - 1;
        // NULL stays what it is, unless even that would tell something.
        if (!masked.cell.hidesNull && this.#codec.isNull(bytes, start, end)) continue;
        out.append(bytes, taken, start);
        const replacement =
          masked.constant ?? this.#codec.encode(this.#value(masked.cell, bytes, start, end), masked.column);
        out.append(replacement, 0, replacement.length);
        taken = end;
      }
    }
    out.append(bytes, taken, rowEnd);
  }

  #value(cell: CellMask, bytes: Buffer, start: number, end: number): Buffer | null {
    if (this.#codec.isPlain(bytes, start, end)) return cell.mask(bytes, start, end);
    const value = this.#codec.decode(bytes, start, end);
    return cell.mask(value, 0, value.length);
  }
}
