import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ByteMemo } from './byte-memo.js';
import { Words } from './words.js';

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
      const shuffled = order.map((at) => distinct[at] ?? new Uint8Array(0));
      for (const value of [...distinct, ...distinct, ...shuffled, ...distinct]) {
        const around = Buffer.concat([Buffer.from('<<'), value, Buffer.from('>')]);
        expect(memo.get(around, 2, 2 + value.length)).toEqual(digest(value));
        const length = memo.find(new Words(around), 2, 2 + value.length);
        expect(memo.memory.bytes.subarray(memo.from, memo.from + length)).toEqual(digest(value));
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

test('what is left of an older entry, where the ring had no room for a newer one, is no entry', () => {
  const memo = new ByteMemo(0, 20, () => Buffer.from('r')); // a ring of 256 bytes; an entry has three more than its key
  const get = (value: string): string => memo.get(Buffer.from(value), 0, value.length).toString();
  // The first round fills the ring to its end. The last key reads like an entry itself, from its second byte on.
  for (const value of ['1'.repeat(100), '2'.repeat(106), `3\x01\x05kwrong${'3'.repeat(32)}`]) get(value);
  // The second round ends in front of that byte, and the next value has no room behind it.
  const last = '5'.repeat(106);
  for (const value of ['4'.repeat(103), last, '6'.repeat(60), last]) get(value);
  expect(get('k')).toBe('r');
});
