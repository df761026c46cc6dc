import fc from 'fast-check';
import { copyWords, equalWords, hashWords, viewOf, Words, wordSlack } from './words.js';

const anyBytes = fc.uint8Array({ minLength: 0, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const anyRange = anyBytes.chain((bytes) =>
  fc.tuple(fc.constant(bytes), fc.nat(bytes.length), fc.nat(bytes.length)).map(([all, a, b]) => ({
    all,
    start: Math.min(a, b),
    end: Math.max(a, b),
  })),
);

test('a copy is exact wherever it starts and ends, and touches nothing in front of it', () => {
  fc.assert(
    fc.property(anyRange, fc.nat(9), ({ all, start, end }, at) => {
      const to = new Words(Buffer.alloc(at + end - start + wordSlack, 0xee));
      copyWords(new Words(all), start, end, to, at);
      expect(to.bytes.subarray(0, at)).toEqual(Buffer.alloc(at, 0xee));
      expect(to.bytes.subarray(at, at + end - start)).toEqual(all.subarray(start, end));
    }),
    { numRuns: 2000 },
  );
});

test('a view is of the bytes, not of the memory around them', () => {
  const around = Buffer.from('<<inside>>');
  const inside = new Words(around.subarray(2, 8));
  const to = new Words(Buffer.alloc(6 + wordSlack));
  copyWords(inside, 0, 6, to, 0);
  expect(to.bytes.toString('latin1')).toBe(`inside${'\0'.repeat(wordSlack)}`);
});

test('equal bytes are equal and have the same hash wherever they lie; others are not', () => {
  fc.assert(
    fc.property(anyRange, anyBytes, fc.option(fc.nat(400)), ({ all, start, end }, before, changed) => {
      const length = end - start;
      const other = Buffer.concat([before, all.subarray(start, end), Buffer.from('behind')]);
      const [a, b] = [viewOf(other), viewOf(all)];
      expect(equalWords(a, before.length, b, start, end)).toBe(true);
      expect(hashWords(a, before.length, before.length + length)).toBe(hashWords(b, start, end));
      if (changed === null || changed >= length) return;
      other[before.length + changed]! ^= 1;
      expect(equalWords(a, before.length, b, start, end)).toBe(false);
      expect(hashWords(a, before.length, before.length + length)).not.toBe(hashWords(b, start, end));
    }),
    { numRuns: 2000 },
  );
});
