import { WaitingMemory } from './waiting-memory.js';

test('a copy is the caller’s until it is released, and then another’s', () => {
  const memory = new WaitingMemory();
  const first = memory.copy(Buffer.alloc(30_000, 'a'));
  const second = memory.copy(Buffer.alloc(20_000, 'b'));
  expect(first.equals(Buffer.alloc(30_000, 'a'))).toBe(true);
  memory.release(first);
  const third = memory.copy(Buffer.alloc(10_000, 'c'));
  expect(third.buffer).toBe(first.buffer);
  expect(third.equals(Buffer.alloc(10_000, 'c'))).toBe(true);
  expect(second.equals(Buffer.alloc(20_000, 'b'))).toBe(true);
});

test('what is left at the end of a copy brings all of it back', () => {
  const memory = new WaitingMemory();
  const copy = memory.copy(Buffer.alloc(30_000));
  memory.release(copy.subarray(29_000));
  expect(memory.copy(Buffer.alloc(32_768)).buffer).toBe(copy.buffer);
});

test('memory of others does not come in', () => {
  const memory = new WaitingMemory();
  memory.release(Buffer.allocUnsafeSlow(32_768));
  for (const size of [1, 100, 8191, 32_769, 100_000]) {
    const copy = memory.copy(Buffer.alloc(size, 'x'));
    memory.release(copy);
    expect(copy.equals(Buffer.alloc(size, 'x'))).toBe(true);
    expect(memory.copy(Buffer.alloc(20_000)).buffer).not.toBe(copy.buffer);
  }
});
