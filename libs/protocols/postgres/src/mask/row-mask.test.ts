import fc from 'fast-check';
import { SallyportError } from '@sallyport/domain';
import { Words } from '@sallyport/masking';
import { ByteSink } from './byte-sink.js';
import type { CellMask } from './cell-mask.js';
import { RowMask } from './row-mask.js';

type Cell = Uint8Array | null;

function dataRow(cells: readonly Cell[]): Buffer {
  const parts = cells.map((cell) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell?.length ?? -1);
    return Buffer.concat([length, cell ?? Buffer.alloc(0)]);
  });
  const body = Buffer.concat([Buffer.from([cells.length >> 8, cells.length & 255]), ...parts]);
  const header = Buffer.from([0x44, 0, 0, 0, 0]);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const constantly = (constant: Buffer | null, hidesNull = false): CellMask => ({
  constant: constant && new Words(constant),
  hidesNull,
  mask: () => constant,
});
const reversed: CellMask = {
  constant: undefined,
  hidesNull: false,
  mask: (value, start, end) => Buffer.from(value.slice(start, end)).reverse(),
};
const doubled: CellMask = {
  constant: undefined,
  hidesNull: false,
  mask: (value, start, end) => Buffer.concat([value.subarray(start, end), value.subarray(start, end)]),
};

/** What the mask is meant to do, without a thought for speed. */
function slowly(mask: CellMask | undefined, cell: Cell): Cell {
  if (!mask || (cell === null && !mask.hidesNull)) return cell;
  if (mask.constant !== undefined) return mask.constant && mask.constant.bytes;
  return cell === null ? null : mask.mask(Buffer.from(cell), 0, cell.length);
}

const anyCell = fc.oneof({ weight: 4, arbitrary: fc.uint8Array({ maxLength: 90 }) }, fc.constant(null));
const anyMask = fc.constantFrom(
  undefined,
  undefined,
  reversed,
  doubled,
  constantly(null),
  constantly(Buffer.from('[redacted]')),
  constantly(Buffer.alloc(0)),
  constantly(null, true),
  constantly(Buffer.from('x'), true),
);
const anyResult = fc
  .array(anyMask, { maxLength: 6 })
  .chain((masks) =>
    fc.tuple(fc.constant(masks), fc.array(fc.tuple(...masks.map(() => anyCell)), { minLength: 1, maxLength: 8 })),
  );

test('a run of rows is masked as the slow way masks each', () => {
  fc.assert(
    fc.property(anyResult, fc.uint8Array({ maxLength: 5 }).map(Buffer.from), ([masks, rows], padding) => {
      const run = Buffer.concat(rows.map((row) => dataRow(row)));
      const expected = Buffer.concat(
        rows.map((row) => dataRow(row.map((cell, column) => slowly(masks[column], cell)))),
      );
      const chunk = Buffer.concat([padding, run, padding]);
      const before = Buffer.from(chunk);
      const out = new ByteSink(8);
      out.append(padding, 0, padding.length);
      new RowMask(masks).rows(chunk, padding.length, padding.length + run.length, out);
      expect(out.finish()).toEqual(Buffer.concat([padding, expected]));
      expect(chunk).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

test('a shared replacement is never written to', () => {
  const constant = Buffer.from('same');
  const mask = new RowMask([constantly(constant), undefined]);
  mask.row(dataRow([Buffer.from('1234'), Buffer.from('5')]));
  mask.row(dataRow([Buffer.from('12'), Buffer.from('5')]));
  expect(constant.toString()).toBe('same');
});

test('columns beyond 32767 are counted without a sign', () => {
  const cells = new Array<Cell>(40_000).fill(null);
  const masks = new Array<CellMask | undefined>(40_000).fill(undefined);
  expect(new RowMask(masks).row(dataRow(cells))).toEqual(dataRow(cells));
});

const sound = dataRow([Buffer.from('secret'), Buffer.from('y')]);
const mask = new RowMask([constantly(Buffer.from('m')), undefined]);
const damaged = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(sound);
  change(bytes);
  return bytes;
};
test.each<[string, Buffer]>([
  ['another message', damaged((bytes) => bytes.writeUInt8(0x45, 0))],
  ['a length beyond the run', damaged((bytes) => bytes.writeInt32BE(sound.length, 1))],
  ['a length that ends early', damaged((bytes) => bytes.writeInt32BE(sound.length - 2, 1))],
  ['a negative length', damaged((bytes) => bytes.writeInt32BE(-1, 1))],
  ['too many columns', damaged((bytes) => bytes.writeInt16BE(3, 5))],
  ['too few columns', damaged((bytes) => bytes.writeInt16BE(1, 5))],
  ['a value longer than the row', damaged((bytes) => bytes.writeInt32BE(0x7fffffff, 7))],
  ['a value of length -2', damaged((bytes) => bytes.writeInt32BE(-2, 7))],
  ['a shorter first value', damaged((bytes) => bytes.writeInt32BE(5, 7))],
  ['an end within the header', sound.subarray(0, 4)],
  ['an end within a value', sound.subarray(0, sound.length - 1)],
  ['bytes behind the row', Buffer.concat([sound, Buffer.from([0x44])])],
])('%s is refused', (_, bytes) => {
  expect(() => mask.row(Buffer.from(bytes))).toThrow(SallyportError);
});

test('whatever the bytes, a masked value never comes out', () => {
  const chaos = fc.tuple(fc.nat(sound.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(chaos, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = damaged((copy) => changes.forEach(([at, byte]) => copy.writeUInt8(byte, at)));
      let masked: Buffer;
      try {
        masked = mask.row(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(SallyportError);
        return;
      }
      expect(masked.length).toBe(sound.length - 5);
    }),
    { numRuns: 2000 },
  );
});
