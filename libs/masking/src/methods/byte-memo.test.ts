import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ByteMemo } from './byte-memo.js';

const digest = (value: Uint8Array): Buffer =>
  createHash('sha256')
    .update(value)
    .digest()
    .subarray(0, 1 + (value.length % 20));

test('what is remembered is what was computed, however few entries there are', () => {
  const values = fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 60 });
  fc.assert(
    fc.property(values, fc.array(fc.nat(59)), fc.nat(3), fc.nat(3000), (distinct, order, setBits, maxPosition) => {
      const memo = new ByteMemo(setBits, 20, digest, maxPosition);
      for (const value of [...distinct, ...order.map((at) => distinct[at] ?? new Uint8Array(0))]) {
        const around = Buffer.concat([Buffer.from('<<'), value, Buffer.from('>')]);
        expect(memo.get(around, 2, 2 + value.length)).toEqual(digest(value));
        const length = memo.find(around, 2, 2 + value.length);
        expect(memo.memory.subarray(memo.from, memo.from + length)).toEqual(digest(value));
      }
    }),
    { numRuns: 200 },
  );
});

test('a value that is remembered is not computed again, one that is too long always', () => {
  let computed = 0;
  const memo = new ByteMemo(4, 20, (value) => {
    computed += 1;
    return digest(value);
  });
  const get = (length: number): Buffer => memo.get(Buffer.alloc(length, 7), 0, length);
  for (const length of [0, 1, 106]) for (let again = 0; again < 3; again += 1) get(length);
  expect(computed).toBe(3);
  for (let again = 0; again < 3; again += 1) get(107);
  expect(computed).toBe(6);
});

test('the newest values are remembered, however many came before', () => {
  let computed = 0;
  const memo = new ByteMemo(6, 20, (value) => {
    computed += 1;
    return digest(value);
  });
  const look = (number: number): void => {
    const value = Buffer.from(`value ${number}`);
    expect(memo.get(value, 0, value.length)).toEqual(digest(value));
  };
  for (let number = 0; number < 5000; number += 1) look(number);
  computed = 0;
  for (let number = 4900; number < 5000; number += 1) look(number);
  // Of 64 sets a few have taken more than four of a hundred.
  expect(computed).toBeLessThan(15);
});
